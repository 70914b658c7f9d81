import json
import os
import signal
from dataclasses import replace

import cv2
import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

from uniaims.boxes import Box  # noqa: E402
from uniaims.errors import ModelError, SettingsError  # noqa: E402
from uniaims.networks.card import CARD_KEY  # noqa: E402
from uniaims.networks.detector import Detections, DetectorNet, DetectorSettings, export_detector  # noqa: E402
from uniaims.scalebar.detector import (  # noqa: E402
    Layout,
    LearnedDetector,
    load_detector,
)
from uniaims.training.checkpoint import STATE_FILE  # noqa: E402
from uniaims.training.detection import sampling, trainer  # noqa: E402
from uniaims.training.detection.sampling import Regions  # noqa: E402
from uniaims.training.detection.settings import DetectorTraining  # noqa: E402
from uniaims.training.detection.trainer import padded, train_detector  # noqa: E402
from uniaims.training.journal import LOG_FILE  # noqa: E402

SMALL = {"widths": (4, 8, 8, 8, 8), "depths": (1, 1, 1, 1), "batch": 2, "loader_threads": 1, "warmup_steps": 1}


@pytest.fixture
def backgrounds(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "SHAPES", ((96, 128), (64, 160)))
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    # Exporting takes longer than these trainings; it has its own test.
    monkeypatch.setattr(trainer, "export_detector", lambda path, network, card: path.write_text(json.dumps(card)))
    cv2.imwrite(str(folder / "0.png"), np.random.default_rng(0).integers(60, 120, (150, 200), dtype=np.uint8))
    return folder


def test_a_killed_training_goes_on_as_if_nothing_had_been(backgrounds, tmp_path):
    whole = DetectorTraining(backgrounds, tmp_path / "whole", steps=4, checkpoint_every=2, **SMALL)
    card = json.loads(train_detector(whole).read_text())
    assert card["steps"] == 4
    assert str(tmp_path) not in json.dumps(card)
    torch.manual_seed(99)
    parts = DetectorTraining(backgrounds, tmp_path / "parts", steps=4, checkpoint_every=2, **SMALL)

    def kill(_stage, step, _total):
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_detector(parts, kill)
    train_detector(parts)
    first, second = (torch.load(each.output / STATE_FILE)["average"] for each in (whole, parts))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_loss_of_what_is_seen_again_and_again_falls_and_is_logged(backgrounds, tmp_path, monkeypatch):
    draw = sampling.DetectionLoader.batch
    monkeypatch.setattr(sampling.DetectionLoader, "batch", lambda loader, _step: draw(loader, 0))
    settings = DetectorTraining(backgrounds, tmp_path / "run", steps=20, learning_rate=5e-3, **SMALL)
    train_detector(settings)
    rows = [json.loads(line) for line in (tmp_path / "run" / LOG_FILE).read_text().splitlines()]
    assert [row["step"] for row in rows] == [10, 20]
    assert rows[-1]["total"] < rows[0]["total"]


def test_another_training_in_the_folder_is_refused(backgrounds, tmp_path):
    train_detector(DetectorTraining(backgrounds, tmp_path / "run", steps=1, **SMALL))
    with pytest.raises(SettingsError, match="other settings"):
        train_detector(DetectorTraining(backgrounds, tmp_path / "run", steps=2, seed=5, **SMALL))
    (tmp_path / "run" / "training.pt").write_bytes(b"no checkpoint")
    with pytest.raises(SettingsError, match="no state of this training"):
        train_detector(DetectorTraining(backgrounds, tmp_path / "run", steps=2, **SMALL))


def test_the_state_is_saved_when_somebody_asks_to_stop(backgrounds, tmp_path):
    settings = DetectorTraining(backgrounds, tmp_path / "run", steps=4, **SMALL)

    def ask(_stage, step, _total):
        if step == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt) as stopped:
        train_detector(settings, ask)
    assert stopped.value.args == (signal.SIGTERM,)
    assert signal.getsignal(signal.SIGTERM) is before
    assert torch.load(settings.output / STATE_FILE)["step"] == 2
    assert json.loads(train_detector(settings).read_text())["steps"] == 4


def test_a_loss_that_is_no_number_ends_the_training_and_spoils_nothing(backgrounds, tmp_path, monkeypatch):
    settings = DetectorTraining(backgrounds, tmp_path / "run", steps=2, mixed_precision=False, **SMALL)
    train_detector(settings)
    sound = (settings.output / STATE_FILE).read_bytes()
    monkeypatch.setattr("uniaims.training.loop.learning_rate", lambda *_: float("nan"))
    with pytest.raises(ModelError, match="no number any more at step 10"):
        train_detector(replace(settings, steps=12))
    with pytest.raises(ModelError, match="not written"):
        train_detector(replace(settings, steps=4))
    assert (settings.output / STATE_FILE).read_bytes() == sound


def test_regions_are_padded_to_the_most():
    two = Regions(np.array([[0, 0, 4, 4], [1, 1, 9, 9]], np.float32), np.array([0, 2]))
    none = Regions(np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    truth = padded((two, none))
    assert truth.boxes.shape == (2, 2, 4)
    assert truth.real.tolist() == [[True, True], [False, False]]
    assert truth.classes[0].tolist() == [0, 2]


def test_the_exported_network_says_what_torch_says_at_any_size(tmp_path):
    torch.manual_seed(0)
    network = DetectorNet(DetectorSettings(widths=(4, 8, 8, 8, 8), depths=(1, 1, 1, 1))).eval()
    path = tmp_path / "detector.onnx"
    export_detector(path, network, {"classes": network.settings.classes})
    session = onnxruntime.InferenceSession(str(path))
    assert "classes" in session.get_modelmeta().custom_metadata_map[CARD_KEY]
    for shape in ((1, 1, 64, 64), (2, 1, 96, 32), (1, 1, 32, 160)):
        image = torch.rand(shape)
        with torch.inference_mode():
            expected = Detections(network)(image).numpy()
        np.testing.assert_allclose(session.run(None, {"image": image.numpy()})[0], expected, atol=2e-2)


LAYOUT = Layout(("bar", "ruler", "text", "banner"), (0, 1, 2, 3))


class OneBox:
    """A session that finds the same box in two cells, and a weak one elsewhere."""

    def run(self, _outputs, feeds):
        assert feeds["image"].shape[2] % 32 == 0
        assert feeds["image"].shape[3] % 32 == 0
        cells = [[20, 40, 120, 50, 0.9, 0, 0, 0], [21, 40, 121, 50, 0.8, 0, 0, 0], [0, 0, 9, 9, 0, 0, 0.1, 0]]
        return [np.array([cells], np.float32)]


def test_detections_are_in_the_pixels_of_the_picture_and_named_once():
    detector = LearnedDetector(OneBox(), LAYOUT)
    found = detector(np.zeros((100, 200), np.uint8), 2.0)
    assert [(each.kind, each.box) for each in found] == [("bar", Box(20, 10, 25, 60))]
    assert found[0].score == pytest.approx(0.9)


def test_a_banner_goes_from_side_to_side():
    class Banner(OneBox):
        def run(self, _outputs, _feeds):
            return [np.array([[[30, 180, 120, 200, 0, 0, 0, 0.9], [90, 181, 250, 200, 0, 0, 0, 0.8]]], np.float32)]

    found = LearnedDetector(Banner(), LAYOUT)(np.zeros((200, 400), np.uint8), 1.0)
    assert [each.box for each in found] == [Box(180, 0, 200, 400)]


def test_a_file_that_is_no_detector_is_refused(tmp_path):
    path = tmp_path / "nothing.onnx"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError, match="no scale bar detector"):
        load_detector(path)
