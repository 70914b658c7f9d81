from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray
from PIL import Image

from uniaims.formats import read

JEOL = """$CM_FORMAT JEOL/EO
$CM_DATE 2021/05/14
$CM_TIME 03:12:44 PM
$CM_INSTRUMENT JSM-7600F
$CM_ACCEL_VOLT 15.00
$CM_MAG 5000
$CM_SIGNAL SEI
$CM_FULL_SIZE 40 24
$$SM_WD 8.4
$$SM_MICRON_BAR 160
$$SM_MICRON_MARKER 5um
"""
HITACHI = """[SemImageFile]
InstructName=S-4800
Date=05/14/2021
Time=15:12:44
DataSize=40x24
PixelSize=24.80469
SignalName=SE(U)
AcceleratingVoltage=15000 Volt
Magnification=4000
WorkingDistance=8100 um
MicronMarker=10000
"""
TESCAN = "[MAIN]\nDevice=VEGA3\nPixelSizeX=5e-8\nPixelSizeY=5e-8\n[SEM]\nHV=20000\nWD=0.01\n"


@pytest.fixture
def image(tmp_path: Path, ramp: NDArray[Any]) -> Path:
    Image.fromarray(ramp).save(tmp_path / "a.bmp")
    return tmp_path / "a.bmp"


def test_jeol(image: Path) -> None:
    image.with_suffix(".txt").write_text(JEOL)
    raw = read(image)
    assert raw.pixel_size_nm == pytest.approx(5000 / 160)
    facts = raw.acquisition
    assert (facts.instrument, facts.detector, facts.voltage_kv) == ("JSM-7600F", "SEI", 15.0)
    assert (facts.magnification, facts.working_distance_mm) == (5000.0, pytest.approx(8.4))
    assert facts.date == "2021/05/14 03:12:44 PM"
    assert facts.source == "side-car a.txt"


@pytest.mark.parametrize(("marker", "nm"), [("100nm", 100), ("1µm", 1000), ("1 μm", 1000), ("1mm", 1e6)])
def test_jeol_units(image: Path, marker: str, nm: float) -> None:
    image.with_suffix(".txt").write_text(JEOL.replace("5um", marker), encoding="utf-8")
    assert read(image).pixel_size_nm == pytest.approx(nm / 160)


def test_jeol_in_windows_letters(image: Path) -> None:
    image.with_suffix(".TXT").write_bytes(JEOL.replace("5um", "5µm").encode("cp1252"))
    assert read(image).pixel_size_nm == pytest.approx(5000 / 160)


def test_jeol_transmission(image: Path) -> None:
    image.with_suffix(".txt").write_text("$CM_INSTRUMENT JEM-2200FS\n$$EM_PIXELSPERMETER_X 2.0e9\n")
    assert read(image).pixel_size_nm == pytest.approx(0.5)


def test_jeol_resized(tmp_path: Path, ramp: NDArray[Any]) -> None:
    Image.fromarray(ramp[::2, ::2]).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text(JEOL)
    assert read(tmp_path / "a.png").pixel_size_nm == pytest.approx(2 * 5000 / 160)


def test_hitachi(image: Path) -> None:
    image.with_suffix(".txt").write_text(HITACHI)
    raw = read(image)
    assert raw.pixel_size_nm == pytest.approx(24.80469)
    facts = raw.acquisition
    assert (facts.instrument, facts.detector, facts.voltage_kv) == ("S-4800", "SE(U)", 15.0)
    assert (facts.magnification, facts.working_distance_mm) == (4000.0, pytest.approx(8.1))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_hitachi_with_byte_order_mark(image: Path, encoding: str) -> None:
    image.with_suffix(".txt").write_text(HITACHI, encoding=encoding)
    assert read(image).pixel_size_nm == pytest.approx(24.80469)


def test_hitachi_transmission_units(image: Path) -> None:
    image.with_suffix(".txt").write_text("InstructName=HT7700\nPixelSize=0.45 nm\nAccVoltage=100 kV\n")
    raw = read(image)
    assert raw.pixel_size_nm == pytest.approx(0.45)
    assert raw.acquisition.voltage_kv == 100.0


@pytest.mark.parametrize("name", ["a.hdr", "a-bmp.hdr", "a.bmp.hdr", "a.HDR"])
def test_tescan(image: Path, name: str) -> None:
    image.with_name(name).write_text(TESCAN)
    raw = read(image)
    assert raw.pixel_size_nm == pytest.approx(50)
    assert (raw.acquisition.voltage_kv, raw.acquisition.working_distance_mm) == (20.0, pytest.approx(10))


def test_tags_before_sidecar(write_tiff: Any, ramp: NDArray[Any]) -> None:
    path = write_tiff(ramp, {50431: TESCAN})
    path.with_suffix(".txt").write_text(JEOL)
    raw = read(path)
    assert raw.pixel_size_nm == pytest.approx(50)
    assert raw.acquisition.instrument == "VEGA3"
    assert raw.acquisition.magnification == 5000.0, "gaps are filled"


def test_notes_beside_an_image_are_no_sidecar(image: Path) -> None:
    image.with_suffix(".txt").write_text("sample 12, PixelSize unknown, see notebook")
    raw = read(image)
    assert (raw.pixel_size_nm, raw.warnings) == (None, ())


@pytest.mark.parametrize(
    "text", ["$CM_MAG\n$$SM_MICRON_BAR 0\n$$SM_MICRON_MARKER 5um\n", "PixelSize=-1\n", "PixelSize=\n"]
)
def test_damaged_sidecar_gives_no_pixel_size(image: Path, text: str) -> None:
    image.with_suffix(".txt").write_text(text)
    assert read(image).pixel_size_nm is None


def test_print_resolution_of_a_png_is_ignored(tmp_path: Path, ramp: NDArray[Any]) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png", dpi=(300, 300))
    assert read(tmp_path / "a.png").pixel_size_nm is None
