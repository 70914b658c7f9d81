"""Folders of the library ``datasets``."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from imagecodecs import png_encode
from PIL import Image

from uniaims.dataset.exchange import FORMATS, detect
from uniaims.errors import InputError

HUGGINGFACE = FORMATS["huggingface"]


def write(folder: Path, **columns: Any) -> None:
    (folder / "data").mkdir(parents=True)
    picture = {"bytes": png_encode(np.zeros((12, 10), np.uint8)), "path": "a.png"}
    frame = pl.DataFrame({"image": [picture], **{name: [value] for name, value in columns.items()}})
    frame.write_parquet(folder / "data" / "train-00000-of-00001.parquet")


def test_masks_and_free_words(tmp_path: Path) -> None:
    labels = np.zeros((12, 10), np.uint16)
    labels[2:5, 3:7] = 300
    mask = {"bytes": png_encode(labels), "path": None}
    write(tmp_path, mask=mask, text="A pore.", modality="Scanning electron microscopy", signal="odd", material="TiO2")
    assert detect(tmp_path).name == "huggingface"
    (entry,) = HUGGINGFACE.read(tmp_path)
    record = entry.record
    assert entry.instances.numbers.tolist() == [300]
    assert (record.image_id, record.caption, record.modality, record.signal) == ("a", "A pore.", "SEM", "other")
    assert (record.material, record.split) == ("TiO2", "train")


def test_palette_masks_are_numbers(tmp_path: Path) -> None:
    image = Image.fromarray(np.eye(12, 10, dtype=np.uint8) * 7)
    image.putpalette([0] * 768)
    stream = BytesIO()
    image.save(stream, "PNG")
    write(tmp_path, label={"bytes": stream.getvalue(), "path": None})
    (entry,) = HUGGINGFACE.read(tmp_path)
    assert entry.instances.numbers.tolist() == [7]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "neither instances nor a column of masks"),
        ({"height": 13, "width": 10, "instances": []}, "its labels are for 10 x 13 px"),
        ({"instances": [{"counts": "~~"}]}, "no text of COCO's"),
        ({"instances": [{"counts": "0PPPPPn0"}]}, "longer than an image|no text"),
        ({"mask": {"bytes": b"junk", "path": "x"}}, "no PNG, JPEG or TIFF"),
    ],
)
def test_faults_are_named(columns: dict[str, Any], message: str, tmp_path: Path) -> None:
    write(tmp_path, **columns)
    with pytest.raises(InputError, match=message):
        list(HUGGINGFACE.read(tmp_path))


def test_a_panic_of_the_parquet_reader_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*_: object) -> None:
        raise pl.exceptions.PanicException("not yet implemented")

    write(tmp_path, caption="x")
    monkeypatch.setattr("uniaims.dataset.exchange.huggingface.pl.scan_parquet", panic)
    with pytest.raises(InputError, match=r"train-00000-of-00001\.parquet can't be read as Parquet"):
        list(HUGGINGFACE.read(tmp_path))


def test_card_describes_every_column(make_entry: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uniaims.dataset.exchange.huggingface._SHARD_BYTES", 1)
    HUGGINGFACE.write([make_entry("a"), make_entry("b")], tmp_path / "out")
    files = sorted(path.name for path in (tmp_path / "out" / "data").iterdir())
    assert files == ["validation-00000-of-00002.parquet", "validation-00001-of-00002.parquet"]
    card = (tmp_path / "out" / "README.md").read_text()
    columns = pl.read_parquet_schema(tmp_path / "out" / "data" / files[0])
    assert [name for name in columns if f"- name: {name}\n" not in card] == []
    assert "path: data/validation-*" in card
    assert [entry.record.image_id for entry in HUGGINGFACE.read(tmp_path / "out")] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("test-00000-of-00001.parquet", "test"),
        ("validation-00000-of-00001-0a1b2c3d4e5f.parquet", "validation"),
        ("val.parquet", "validation"),
        ("test[1] rig*.parquet", ""),
        ("testing.PARQUET", ""),
        ("tensile.parquet", ""),
    ],
)
def test_names_of_files_are_no_patterns_and_name_few_splits(name: str, split: str, tmp_path: Path) -> None:
    labels = np.zeros((12, 10), np.uint8)
    labels[2:5, 3:7] = labels[8:10, 3:7] = 255
    write(tmp_path / "set [2024]", mask={"bytes": png_encode(labels), "path": None})
    (tmp_path / "set [2024]" / "data" / "train-00000-of-00001.parquet").rename(tmp_path / "set [2024]" / "data" / name)
    assert detect(tmp_path / "set [2024]").name == "huggingface"
    (entry,) = HUGGINGFACE.read(tmp_path / "set [2024]")
    assert (entry.record.split, entry.instances.areas_px.tolist()) == (split, [12, 8])
    assert "a mask of 0 and 255 with 2 separate pieces" in entry.warnings[0]
