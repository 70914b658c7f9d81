from pathlib import Path
from typing import Any

import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.formats import read

EMI = """<ObjectInfo><AcquireDate>Tue Mar 06 14:11:02 2012</AcquireDate><Manufacturer>FEI</Manufacturer>
<ExperimentalDescription><Root>
<Data><Label>Microscope</Label><Value>Titan 300 kV</Value><Unit></Unit></Data>
<Data><Label>High tension</Label><Value>300</Value><Unit>kV</Unit></Data>
<Data><Label>Magnification</Label><Value>80000</Value><Unit>x</Unit></Data>
</Root></ExperimentalDescription></ObjectInfo>"""


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(("code", "dtype"), [(1, "u1"), (2, "u2"), (5, "i2"), (6, "i4"), (7, "f4")])
def test_pixels_and_scale(write_ser: Any, wide: bool, code: int, dtype: str) -> None:
    stack = np.arange(2 * 5 * 7).reshape(2, 5, 7).astype(dtype)
    image = read(write_ser(stack, code, 4e-10, wide), page=1)
    assert np.array_equal(image.pixels, stack[1])
    assert image.pixel_size_nm == pytest.approx(0.4)
    assert image.page_count == 2


def test_emi_beside(write_ser: Any, tmp_path: Path) -> None:
    (tmp_path / "a.emi").write_bytes(b"JL\x00\x01binary" + EMI.encode() + b"\x00more")
    facts = read(write_ser(np.arange(24, dtype="u1").reshape(1, 4, 6), 1)).acquisition
    assert (facts.instrument, facts.voltage_kv, facts.magnification) == ("Titan 300 kV", 300.0, 80000.0)
    assert facts.date == "Tue Mar 06 14:11:02 2012"


@pytest.mark.parametrize("content", [b"", b"<ObjectInfo><Root></ObjectInfo>", b"<ObjectInfo><!DOCTYPE x></ObjectInfo>"])
def test_damaged_emi_is_a_warning(write_ser: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.emi").write_bytes(content)
    image = read(write_ser(np.arange(24, dtype="u1").reshape(1, 4, 6), 1))
    assert any("a.emi" in text for text in image.warnings)
    assert image.pixel_size_nm == pytest.approx(1)


def test_emi_given_instead_of_ser(tmp_path: Path) -> None:
    (tmp_path / "a.emi").write_bytes(b"JL\x00\x01binary")
    with pytest.raises(ImageError, match=r"\.ser files beside"):
        read(tmp_path / "a.emi")


def test_diffraction_scale_is_refused(write_ser: Any) -> None:
    image = read(write_ser(np.arange(24, dtype="u1").reshape(1, 4, 6), 1, pixel_m=2.5e7))
    assert image.pixel_size_nm is None
    assert any("can't be true" in text for text in image.warnings)


def test_spectra_are_refused(write_ser: Any) -> None:
    with pytest.raises(ImageError, match="spectra"):
        read(write_ser(np.arange(24, dtype="u1").reshape(1, 4, 6), 1, kind=0x4120))


def test_cut_short(write_ser: Any) -> None:
    path: Path = write_ser(np.arange(24, dtype="u1").reshape(1, 4, 6), 1)
    data = path.read_bytes()
    for length in (5, 24, 31, 60, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(ImageError, match="cut short"):
            read(path)
