import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.dataset import Dataset, splits
from uniaims.dataset.splits import split
from uniaims.dataset.validation import validate
from uniaims.errors import InputError, SettingsError


@pytest.fixture
def varied(tmp_path, entry):
    """Forty images: groups of two, two structures, one near-duplicate of the first."""
    made = Dataset.create(tmp_path / "varied")
    made.add(
        entry(f"i{n:02d}", n if n < 39 else 0, structure="grain" if n % 4 == 0 else "particle", group=f"g{n // 2}")
        for n in range(40)
    )
    return made


def test_nothing_that_belongs_together_is_parted(varied):
    result = split(varied, (0.6, 0.2, 0.2))
    for n in range(0, 40, 2):
        assert result.of[f"i{n:02d}"] == result.of[f"i{n + 1:02d}"]
    assert result.of["i00"] == result.of["i39"]
    assert result.group_count == 19
    varied.describe({name: {"split": part} for name, part in result.of.items()})
    assert not [fault for fault in validate(varied) if fault.subject == "split leakage"]


def test_shares_and_structures_are_kept(varied):
    result = split(varied, (0.5, 0.25, 0.25), by=())
    sizes = {part: sum(count for (p, _), count in result.counts.items() if p == part) for part in splits.NAMES}
    assert sizes == {"train": 20, "validation": 10, "test": 10}
    assert [result.counts[part, "grain"] for part in splits.NAMES] == pytest.approx([5, 2.5, 2.5], abs=1)


def test_a_split_is_that_of_its_seed(varied, tmp_path):
    assert split(varied, seed=3) == split(Dataset.open(varied.folder), seed=3)
    assert split(varied, seed=3).of != split(varied, seed=4).of
    backwards = Dataset.create(tmp_path / "backwards")
    backwards.add(reversed(list(varied.entries())))
    assert split(backwards, seed=3).of == split(varied, seed=3).of


def test_two_parts_or_one_left_out(varied):
    assert set(split(varied, (0.8, 0.2)).of.values()) == {"train", "validation"}
    assert set(split(varied, (0.8, 0, 0.2)).of.values()) == {"train", "test"}


@pytest.mark.parametrize("fractions", [(), (0.5, 0.4), (1.2, -0.2), (0.25, 0.25, 0.25, 0.25), (float("nan"), 1)])
def test_fractions_that_are_none_are_refused(varied, fractions):
    with pytest.raises(SettingsError, match="add up to 1"):
        split(varied, fractions)


@pytest.mark.parametrize("by", [("colour",), ("split",), ("width_px",)])
def test_fields_that_are_none_are_refused(varied, by):
    with pytest.raises(SettingsError, match="fields to split by"):
        split(varied, by=by)


def test_too_few_groups_are_refused(varied):
    varied.describe({name: {"source": "one"} for name in varied.image_ids})
    with pytest.raises(InputError, match="1 groups"):
        split(varied, by=["source"])


@given(st.lists(st.integers(1, 30), min_size=3, max_size=60), st.integers(0, 5))
def test_every_part_gets_something_and_small_groups_keep_the_shares(sizes, seed):
    counts = np.array(sizes, float)[:, None]
    shares = np.array([0.7, 0.15, 0.15])
    part = splits._assigned(counts, shares, np.random.default_rng(seed))
    assert set(part.tolist()) == {0, 1, 2}
    reached = np.bincount(part, counts[:, 0]) / counts.sum()
    assert np.abs(reached - shares).max() <= max(counts.max() / counts.sum(), 1 / len(sizes)) * 1.5 + 0.02
