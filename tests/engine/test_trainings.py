"""The folder of a training: lines of its log as they come, and pictures of samples."""

import json

from uniaims.engine.trainings import Training

_STEP = {"step": 5, "seconds": 1.5, "total": 0.25, "learning_rate": 1e-3, "other": "x"}


def test_a_line_that_is_being_written_waits(tmp_path):
    training = Training(tmp_path)
    assert training.log() == []
    whole = json.dumps(_STEP) + "\n" + json.dumps({"step": 6, "seconds": 2.0, "validation_ap50": 0.5}) + "\n"
    (tmp_path / "log.jsonl").write_text(whole + json.dumps(_STEP))
    first, second = training.log()
    assert (first.line, first.step, first.seconds, first.loss, first.learning_rate, first.ap50) == (
        0, 5, 1.5, 0.25, 1e-3, None,
    )  # fmt: skip
    assert (second.line, second.loss, second.ap50) == (1, None, 0.5)
    assert training.log(after=1) == [second]
    (tmp_path / "log.jsonl").write_text(whole + json.dumps(_STEP) + "\n")
    assert [line.line for line in training.log(after=2)] == [2]


def test_pictures_come_in_the_order_of_their_steps(tmp_path):
    training = Training(tmp_path)
    assert training.samples() == []
    (tmp_path / "samples").mkdir()
    for step, index in ((1000, 0), (20, 1), (20, 0)):
        training.sample(step, index).touch()
    (tmp_path / "samples" / ".half.partial").touch()
    assert training.samples() == [(20, 0), (20, 1), (1000, 0)]


def test_a_job_whose_number_is_given_again_has_another_folder(engine, me):
    from dataclasses import replace

    from uniaims.engine.queue import Queue

    job = Queue(engine.database).add("finetune", {}, me.account_id)
    other = replace(job, created_ms=job.created_ms + 1)
    assert Training.of_job(engine.folder, job).folder != Training.of_job(engine.folder, other).folder
