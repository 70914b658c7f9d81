import polars as pl
import pytest

from uniaims.dataset import Dataset
from uniaims.dataset.image_table import ImageTable
from uniaims.errors import InputError, OutputError


def test_a_damaged_table_is_refused(dataset):
    (dataset.folder / "images.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match=r"images\.parquet"):
        Dataset.open(dataset.folder)
    pl.DataFrame({"image_id": ["a"]}).write_parquet(dataset.folder / "images.parquet")
    with pytest.raises(InputError, match="has no file"):
        Dataset.open(dataset.folder)


def test_a_table_of_an_older_version_gets_the_defaults(dataset):
    table = pl.read_parquet(dataset.folder / "images.parquet").drop("caption", "sketch", "synthetic")
    table.with_columns(colour=pl.lit("red")).write_parquet(dataset.folder / "images.parquet")
    record = Dataset.open(dataset.folder).record("a")
    assert (record.caption, record.synthetic) == ("", False)


def test_a_folder_that_was_just_begun_has_no_images(tmp_path):
    table = ImageTable.read(tmp_path)
    assert table.rows.is_empty()
    written = table.written(table.rows)
    assert ImageTable.read(tmp_path).stamp == written.stamp
    with pytest.raises(OutputError, match="another program"):
        table.written(table.rows)


def test_rows_come_in_the_order_of_the_images_or_the_one_asked_for(dataset):
    table = ImageTable.read(dataset.folder)
    assert table.where("instances > 3")["image_id"].to_list() == ["d", "e", "f"]
    chosen = table.where("instances > 2 ORDER BY instances DESC LIMIT 2")
    assert chosen["image_id"].to_list() == ["f", "e"]


def test_rows_are_changed_in_their_place_and_new_ones_come_last(dataset):
    table = ImageTable.read(dataset.folder)
    changed, new = table.row("b") | {"licence": "MIT"}, table.row("a") | {"image_id": "new"}
    rows = table.with_rows([new, changed])
    assert rows["image_id"].to_list() == [*"abcdef", "new"]
    assert rows["licence"].to_list() == ["", "MIT", "", "", "", "", ""]
