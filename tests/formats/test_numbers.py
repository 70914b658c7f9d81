"""Numbers as vendors write them in Germany, France, Switzerland, Japan and the United States."""

import base64
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray
from PIL import Image

from uniaims.formats import RawImage, read
from uniaims.formats.instrument_text import kilovolts, magnification, number
from uniaims.formats.lengths import length_nm, nanometres_per
from uniaims.formats.numbers import doubtful_numbers, learn_habit
from uniaims.texts import readable


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("15,00 kV", 15),
        ("2,5e-009", 2.5e-9),
        ("1,234E-8", 1.234e-8),
        ("0,125", 0.125),
        (",5", 0.5),
        ("12,3456", 12.3456),
        ("1234,567", 1234.567),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1,234,567", 1234567),
        ("1.234.567 x", 1234567),
        ("12'345.6", 12345.6),
        ("15 000 V", 15000),
        ("15\u00a0000,5 V", 15000.5),
        ("15\u202f000", 15000),
        ("1.024", 1.024),
        ("-3,5 mm", -3.5),
        ("5. mm", 5),
        ("12, 34", 12),
        ("8100 um", 8100),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["14.05.2021", "1,23,4", "1.2.3", "12.34,567.8", "", "x", "e5", "1e999"])
def test_no_numbers(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("text", ["1,234", "12,345 nm", "999,999"])
def test_numbers_that_can_be_two_are_none_with_a_warning(text: str) -> None:
    with doubtful_numbers() as doubts:
        assert number(text) is None
    assert len(doubts) == 1
    assert "can be read as" in doubts[0]


def test_other_numbers_of_the_text_decide() -> None:
    with doubtful_numbers() as doubts:
        learn_habit("EHT = 3,00 kV\nPixel = 2,345 nm")
        assert number("2,345 nm") == pytest.approx(2.345)
        assert number("20.000") is None, "a decimal comma makes the point a mark of thousands, or not"
    assert len(doubts) == 1
    with doubtful_numbers() as doubts:
        learn_habit("EHT = 3.00 kV\nWD = 5,1 mm\nPixel = 2,345 nm")
        assert number("2,345 nm") is None
    assert len(doubts) == 1


@pytest.mark.parametrize(
    ("text", "kv"), [("15,00 kV", 15), ("15,000 kV", 15), ("15,000 V", 15), ("15000 Volt", 15), ("15 000 V", 15)]
)
def test_voltages(text: str, kv: float) -> None:
    with doubtful_numbers() as doubts:
        assert kilovolts(text) == pytest.approx(kv)
    assert doubts == []


@pytest.mark.parametrize(
    ("text", "times"), [("10,00 K X", 10000), ("10,000 X", 10000), ("x1,234k", 1234), ("5.000", 5), ("1,000,000", 1e6)]
)
def test_magnifications(text: str, times: float) -> None:
    assert magnification(text) == pytest.approx(times)


@pytest.mark.parametrize(
    ("text", "nm"),
    [("2,5 nm/pixels", 2.5), ("2.5 nm/px", 2.5), ("0,5 um per pixel", 500), ("1 µm / Pixel", 1000), ("3 nm per px", 3)],
)
def test_lengths_of_a_pixel(text: str, nm: float) -> None:
    assert length_nm(text) == pytest.approx(nm)


def test_units_of_a_pixel() -> None:
    assert nanometres_per("nm/pixels") == 1
    assert nanometres_per("um per pixel") == 1000
    assert nanometres_per("\\u00b5m/px") == 1000
    assert nanometres_per("px/nm") is None
    assert nanometres_per("per pixel") is None


GERMAN = {
    34682: "[Beam]\nHV=15000,0\n[EBeam]\nWD=0,0105\n[Scan]\nPixelWidth=2,5e-009\nPixelHeight=2,5e-009\n",
    34118: "AP_IMAGE_PIXEL_SIZE\nImage Pixel Size = 2,500 nm\nAP_ACTUALKV\nEHT = 15,00 kV\nAP_WD\nWD = 10,5 mm\n",
    50431: "\x01\x02junk[MAIN]\nPixelSizeX=2,5e-9\nPixelSizeY=2,5e-9\n[SEM]\nHV=15000,0\nWD=0,0105\n",
}
GERMAN[34683] = (
    "<Metadata><Optics><AccelerationVoltage>15000,0</AccelerationVoltage><WorkingDistance>0,0105</WorkingDistance>"
    "</Optics><BinaryResult><PixelSize><X unit='nm'>2,5</X><Y unit='nm'>2,5</Y></PixelSize></BinaryResult></Metadata>"
)


def check(image: RawImage) -> None:
    assert image.pixel_size_nm == pytest.approx(2.5)
    assert image.acquisition.voltage_kv == pytest.approx(15)
    assert image.acquisition.working_distance_mm == pytest.approx(10.5)
    assert image.warnings == ()


@pytest.mark.parametrize("code", GERMAN)
def test_decimal_commas_in_tags(write_tiff: Any, ramp: NDArray[Any], code: int) -> None:
    check(read(write_tiff(ramp, {code: GERMAN[code]})))


SIDECARS = {
    "txt": "$CM_ACCEL_VOLT 15,00\n$$SM_WD 10,5\n$$SM_MICRON_BAR 100\n$$SM_MICRON_MARKER 0,25um\n",
    "TXT": "[SemImageFile]\nInstructName=S4800\nPixelSize=2,50\nAcceleratingVoltage=15.000,0 Volt\n"
    "WorkingDistance=10500,0 um\n",
    "hdr": "[MAIN]\nPixelSizeX=2,5e-9\nPixelSizeY=2,5e-9\n[SEM]\nHV=15000,0\nWD=0,0105\n",
}


@pytest.mark.parametrize("suffix", SIDECARS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "gb18030"])
def test_decimal_commas_in_sidecars(tmp_path: Path, ramp: NDArray[Any], suffix: str, encoding: str) -> None:
    Image.fromarray(ramp).save(tmp_path / "a.png")
    name = "样品颗粒" if encoding in {"gb18030", "utf-16", "utf-8"} else "Größe"
    text = SIDECARS[suffix].replace("[MAIN]\n", f"[MAIN]\nNote={name}\n") + f"Note={name}\n"
    (tmp_path / f"a.{suffix}").write_bytes(text.encode(encoding))
    check(read(tmp_path / "a.png"))


def test_a_number_that_can_be_two_is_said(write_tiff: Any, ramp: NDArray[Any]) -> None:
    text = "AP_IMAGE_PIXEL_SIZE\nImage Pixel Size = 2,345 nm\nAP_ACTUALKV\nEHT = 15.00 kV\n"
    image = read(write_tiff(ramp, {34118: text}))
    assert image.pixel_size_nm is None
    assert image.acquisition.voltage_kv == 15
    assert len(image.warnings) == 1
    assert "'2,345' can be read as 2.345 or 2,345" in image.warnings[0]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("5μm 颗粒".encode("gb18030"), "5μm 颗粒"),
        ("5μm".encode("gb18030"), "5μm"),
        ("5 µm Größe Ångström".encode("cp1252"), "5 µm Größe Ångström"),
        ("5 µm".encode("latin-1"), "5 µm"),
        ("5μm".encode("cp932"), "5μm"),
        ("5 µm".encode("utf-16"), "5 µm"),
        ("5 µm".encode("utf-16-le"), "5 µm"),
        ("5 µm".encode("utf-8-sig"), "5 µm"),
    ],
)
def test_encodings(data: bytes, text: str) -> None:
    assert readable(data) == text


MEMENTO = (
    '<?xml version="1.0" encoding="utf-8"?><MementoItemCollection><item><value><MementoItem><Name>PixelSize</Name>'
    "<MementoItemSection>{}</MementoItemSection></MementoItem></value></item></MementoItemCollection>"
)
SIDE = (
    "<item><value><MementoItem><Name>{}</Name><MementoItemUnit>MementoItemUnitMeter</MementoItemUnit>"
    "<anyType>1.6E-08</anyType></MementoItem></value></item>"
)


@pytest.mark.parametrize("code", [34680, 34682, 34683])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_base64(write_tiff: Any, ramp: NDArray[Any], code: int, encoding: str, is_wrapped: bool) -> None:
    xml = MEMENTO.format(SIDE.format("Width") + SIDE.format("Height")).encode(encoding)
    packed = base64.encodebytes(xml) if is_wrapped else base64.b64encode(xml)
    image = read(write_tiff(ramp, {code: packed.decode()}))
    assert image.pixel_size_nm == pytest.approx(16)
    assert image.warnings == ()


def test_phenom(write_tiff: Any, ramp: NDArray[Any]) -> None:
    text = (
        '<?xml version="1.0"?><FeiImage><pixelHeight unit="um">0.05</pixelHeight>'
        "<pixelWidth unit='um'>0.05</pixelWidth>"
        "<instrument><edition>Phenom ProX</edition></instrument><acquisition><scan><highVoltage unit='kV'>-10"
        "</highVoltage><detector>BSD</detector></scan><workingDistance unit='mm'>6</workingDistance></acquisition>"
        "</FeiImage>"
    )
    image = read(write_tiff(ramp, {34683: text}))
    assert image.pixel_size_nm == pytest.approx(50)
    assert (image.acquisition.instrument, image.acquisition.voltage_kv) == ("Phenom ProX", 10)
    assert image.acquisition.working_distance_mm == pytest.approx(6)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (34682, "[NavCam]\nZoom=3\n"),
        (34680, base64.b64encode(MEMENTO.format("").encode()).decode()),
        (34683, "<FeiImage><databarHeight>64</databarHeight></FeiImage>"),
        (50431, "[MAIN]\nDevice=VEGA\n"),
        (34118, "AP_WD\nWD = 5.6 mm\n"),
        (65100, "<TemReporter><LengthPerPixel>0.5</LengthPerPixel></TemReporter>"),
    ],
)
def test_a_tag_that_yields_nothing_is_said(write_tiff: Any, ramp: NDArray[Any], code: int, text: str) -> None:
    image = read(write_tiff(ramp, {code: text}))
    assert image.pixel_size_nm is None
    assert any(f"tag {code}" in warning for warning in image.warnings)


def test_other_private_tags_are_no_vendors(write_tiff: Any, ramp: NDArray[Any]) -> None:
    assert read(write_tiff(ramp, {65100: "a note of the user, nothing else"})).warnings == ()


@pytest.mark.parametrize(
    ("description", "resolution", "nm"),
    [
        ("unit=inch", (254_000, 254_000), 100),
        ("unit=inch", (300, 300), None),
        ("unit=\\u00B5m\nyunit=nm", (10, 0.01), 100),
        ("unit=nm/pixels", (0.4, 0.4), 2.5),
        ("unit=um per pixel", (0.4, 0.4), 2500),
        ("unit=pixel", (1, 1), None),
    ],
)
def test_units_of_imagej(
    write_tiff: Any, ramp: NDArray[Any], description: str, resolution: tuple[float, float], nm: float | None
) -> None:
    image = read(
        write_tiff(ramp, description=f"ImageJ=1.53t\n{description}", resolution=resolution, resolutionunit="NONE")
    )
    assert image.pixel_size_nm == (None if nm is None else pytest.approx(nm, rel=1e-5))
    assert image.warnings == ()


def test_imagej_in_a_unit_that_is_no_length(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(ramp, description="ImageJ=1.53t\nunit=sec", resolution=(2, 2), resolutionunit="NONE"))
    assert image.pixel_size_nm is None
    assert any("'sec', which is no length" in text for text in image.warnings)
