import shutil

import numpy as np
import polars as pl
import pytest

from uniaims.dataset import Dataset
from uniaims.errors import InputError, SettingsError

from .conftest import labels_of


def test_entries_are_those_of_single_images(dataset):
    for one in dataset.entries():
        there = dataset[one.record.image_id]
        assert one.record == there.record
        assert np.array_equal(one.instances.counts, there.instances.counts)
        assert np.array_equal(one.instances.boxes, there.instances.boxes)


def test_query_takes_fields_and_the_number_of_instances(dataset):
    assert [r.image_id for r in dataset.query("modality = 'SEM' and instances > 1")] == ["b", "c"]
    assert [r.image_id for r in dataset.query("group = 'g2'")] == ["e", "f"]
    assert len(dataset.query()) == 6
    assert [e.record.image_id for e in dataset.entries("instances >= 5")] == ["e", "f"]


def test_sql_joins_images_and_instances(dataset):
    found = dataset.sql(
        "SELECT modality, count(*) AS n, sum(area_px) AS area FROM instances JOIN images USING (image_id) "
        "GROUP BY modality ORDER BY modality"
    )
    assert found["n"].to_list() == [6, 15]
    areas = [int((labels_of(s, count=s + 1) > 0).sum()) for s in range(6)]
    assert found["area"].to_list() == [sum(areas[:3]), sum(areas[3:])]


@pytest.mark.parametrize("condition", ["modalty = 'SEM'", "instances >", "1 = 1; DROP TABLE images", "instances = (("])
def test_a_condition_that_is_none_is_explained(dataset, condition):
    with pytest.raises(SettingsError, match="modality = 'SEM' and instances > 4000"):
        dataset.query(condition)


def test_a_statement_that_is_none_is_refused(dataset):
    with pytest.raises(SettingsError, match="can't be carried out"):
        dataset.sql("SELECT nothing FROM nowhere")


def test_an_unknown_image_is_named(dataset):
    for ask in (dataset.record, dataset.labels, dataset.image, dataset.ignored, dataset.content_hash):
        with pytest.raises(InputError, match="'zz'"):
            ask("zz")


def hostile(dataset, **values):
    table = pl.read_parquet(dataset.folder / "images.parquet")
    columns = [pl.lit(value).cast(table[name].dtype).alias(name) for name, value in values.items()]
    table.with_columns(columns).write_parquet(dataset.folder / "images.parquet")
    return Dataset.open(dataset.folder)


@pytest.mark.parametrize("file", ["../../etc/passwd", "images/../../x.png", ""])
def test_paths_that_lead_out_are_refused(dataset, file):
    with pytest.raises(InputError, match="does not lead out"):
        hostile(dataset, file=file).image("a")


def test_links_that_lead_out_are_refused(dataset, tmp_path):
    path = dataset.image_path("a")
    shutil.move(path, tmp_path / "elsewhere.png")
    path.symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(InputError, match="leads out"):
        dataset.image("a")


def test_hostile_ids_do_not_reach_the_disk(dataset, tmp_path):
    precious = tmp_path / "precious.png"
    precious.write_text("x")
    bad = hostile(dataset, image_id="../../precious")
    for ask in (bad.ignore_path, lambda name: bad.remove([name]), bad.image):
        with pytest.raises(InputError):
            ask("../../precious")
    assert precious.exists()


@pytest.mark.parametrize("values", [{"first_row": 10**9}, {"instance_count": 10**6}, {"first_row": 1}, {"part": 77}])
def test_rows_that_are_elsewhere_are_noticed(dataset, values):
    with pytest.raises(InputError):
        hostile(dataset, **values).labels("c")


def test_a_claimed_size_does_not_fit_the_instances(dataset):
    with pytest.raises(InputError):
        hostile(dataset, width_px=5).labels("f")
