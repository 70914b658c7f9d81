import numpy as np
import pytest

from uniaims.dataset import Dataset, InstanceMasks
from uniaims.dataset import instance_shards as shards
from uniaims.errors import InputError

from .conftest import labels_of


def test_rows_give_the_instances_back():
    there = InstanceMasks.from_labels(labels_of(3), {2: "pore"})
    rows = shards.rows_of("a", there)
    back = shards.instances_from(rows, there.shape)
    assert back.kinds == there.kinds
    assert np.array_equal(back.labels(), there.labels())
    assert rows["area_px"].to_list() == there.areas_px.tolist()


def test_a_part_is_never_written_over(tmp_path):
    rows = shards.rows_of("a", InstanceMasks.from_labels(labels_of(3)))
    numbers = []
    for _ in range(3):
        writer = shards.ShardWriter(tmp_path)
        writer.add(rows)
        numbers.append(writer.write())
    assert numbers == [1, 2, 3]
    shards.shard_path(tmp_path, 1).unlink()
    writer.add(rows)
    assert writer.write() == 4


def test_one_image_is_read_from_the_middle_of_a_part(tmp_path):
    writer = shards.ShardWriter(tmp_path)
    sets = [InstanceMasks.from_labels(labels_of(seed, count=seed + 1)) for seed in range(4)]
    places = [shards.Place(str(i), 1, writer.add(shards.rows_of(str(i), one)), len(one)) for i, one in enumerate(sets)]
    writer.write()
    reader = shards.ShardReader(tmp_path)
    for place, one in zip(places, sets, strict=True):
        for rows in (shards.read_rows(tmp_path, place), reader.rows(place)):
            assert np.array_equal(shards.instances_from(rows, one.shape).labels(), one.labels())


@pytest.mark.parametrize(
    ("name", "number"),
    [("part-00012.parquet", 12), ("part-.parquet", None), ("part-1.txt", None), ("1.parquet", None)],
)
def test_numbers_of_shards(tmp_path, name, number):
    assert shards.shard_number(tmp_path / name) == number


def test_a_lost_shard_is_named(dataset):
    shards.shard_path(dataset.folder, dataset.shards[0]).unlink()
    again = Dataset.open(dataset.folder)
    for ask in (lambda: again.labels("a"), lambda: list(again.entries()), lambda: again.instance_table):
        with pytest.raises(InputError, match="part-00001"):
            ask()


def test_a_place_that_can_not_be_is_no_crash(dataset):
    with pytest.raises(InputError, match="can't be read"):
        shards.read_rows(dataset.folder, shards.Place("a", 1, -5, 2**70))
