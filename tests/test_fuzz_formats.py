"""A small fixed part of the fuzzing that `benchmarks/fuzz_formats.py` does, and the seeds that it starts from."""

from pathlib import Path

import pytest

from uniaims.formats import FORMATS as IMAGE_FORMATS


@pytest.fixture(autouse=True)
def benchmarks(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")


@pytest.mark.filterwarnings("ignore")  # of Pillow's and Zarr's writers
def test_seeds_are_good_and_of_every_format(tmp_path: Path) -> None:
    from fuzzing.reading import try_reading
    from fuzzing.seeds import IMAGE, seeds

    from uniaims.dataset.exchange import FORMATS
    from uniaims.formats import format_of

    made = seeds(tmp_path)
    assert {format_of(seed.path).name for seed in made if seed.reader == IMAGE} == {form.name for form in IMAGE_FORMATS}
    assert {seed.reader for seed in made} >= set(FORMATS)
    for seed in made:
        trial = try_reading(seed.reader, seed.path)
        assert trial.outcome == "read", (seed, trial)


@pytest.mark.filterwarnings("ignore")
def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    from fuzz_formats import WRONG, run

    rows = run(range(200), tmp_path)
    wrong = [row for row in rows if row["outcome"] in WRONG]
    assert not wrong
    assert sum(row["outcome"] == "read" for row in rows) > 40
    assert sum(row["outcome"] == "refused" for row in rows) > 40


@pytest.mark.filterwarnings("ignore")
def test_a_run_goes_on_where_it_ended(tmp_path: Path) -> None:
    from fuzz_formats import run, table

    first = run(range(2), tmp_path)
    again = run(range(4), tmp_path)
    assert again[:2] == first
    assert [row["number"] for row in again] == [0, 1, 2, 3]
    assert table(again).splitlines()[-1].startswith("| all |")
