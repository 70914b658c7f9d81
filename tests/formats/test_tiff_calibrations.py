"""Scale and acquisition from tags, with the traps that real files hold."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from uniaims.formats import read

FEI = """[User]
Date=05/14/2021
Time=03:12:44 PM
[System]
SystemType=Quanta 650 FEG
[Beam]
HV=15000
Scan=EScan
[EBeam]
WD=0.0105
[Scan]
PixelWidth=2.5e-009
PixelHeight=2.5e-009
HorFieldsize=1e-7
[Image]
ResolutionX=40
ResolutionY=22
[Detectors]
Name=ETD
"""
THERMO = """<?xml version="1.0"?><Metadata xmlns:nil="http://x">
<Instrument><InstrumentClass>Titan</InstrumentClass></Instrument>
<Acquisition><AcquisitionDatetime>2020-02-03T10:00:00</AcquisitionDatetime></Acquisition>
<Optics><AccelerationVoltage>300000</AccelerationVoltage><WorkingDistance>0.004</WorkingDistance></Optics>
<Detectors><ScanningDetector><DetectorName>HAADF</DetectorName></ScanningDetector></Detectors>
<BinaryResult><ImageSize><X>40</X><Y>24</Y></ImageSize>
<PixelSize><X unit="m">3E-10</X><Y unit="m">3E-10</Y></PixelSize></BinaryResult></Metadata>"""
ZEISS = "\r\n".join(
    [
        "0",
        "0",
        "0",
        "1.116e-007",
        "DP_SEM",
        "SEM = SUPRA 40VP",
        "AP_IMAGE_PIXEL_SIZE",
        "Image Pixel Size = 223.2 nm",
        "AP_PIXEL_SIZE",
        "Pixel Size = 111.6 nm",
        "DP_IMAGE_STORE",
        "Store resolution = 512 * 384",
        "AP_WD",
        "WD =  5.6 mm",
        "AP_MAG",
        "Mag =   1.00 K X",
        "AP_ACTUALKV",
        "EHT =  3.00 kV",
        "DP_DETECTOR_TYPE",
        "Detector = InLens",
        "AP_DATE",
        "Date :14 May 2021",
        "AP_TIME",
        "Time :15:12:44",
    ]
)
TESCAN = """[MAIN]
Device=MIRA3 LMH
Date=2019-10-09
Time=14:03:04
Magnification=20000.0
PixelSizeX=1.2e-008
PixelSizeY=1.2e-008
[SEM]
Detector=SE
HV=500.0
WD=0.0091
"""


def test_fei(write_tiff: Any, ramp: NDArray[Any]) -> None:
    for code in (34680, 34682):
        image = read(write_tiff(ramp, {code: FEI}))
        assert image.pixel_size_nm == pytest.approx(2.5)
        facts = image.acquisition
        assert (facts.instrument, facts.detector, facts.voltage_kv) == ("Quanta 650 FEG", "ETD", 15.0)
        assert facts.working_distance_mm == pytest.approx(10.5)
        assert facts.date == "05/14/2021 03:12:44 PM"
        assert facts.source == f"FEI tag {code}"
        assert image.warnings == ()


def test_fei_field_width_and_ion_beam(write_tiff: Any, ramp: NDArray[Any]) -> None:
    text = "[Beam]\nBeam=IBeam\nScan=IScan\n[IScan]\nPixelWidth=7e-9\nPixelHeight=7e-9\n[EScan]\nPixelWidth=1e-9\n"
    assert read(write_tiff(ramp, {34682: text})).pixel_size_nm == pytest.approx(7)
    text = "[Scan]\nHorFieldsize=8e-7\n[Image]\nResolutionX=40\nResolutionY=24\n"
    assert read(write_tiff(ramp, {34682: text})).pixel_size_nm == pytest.approx(20)


def test_resized_after_export(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(np.ascontiguousarray(ramp[::2, ::2]), {34682: FEI}))
    assert image.pixel_size_nm == pytest.approx(5)
    assert any("resized" in text for text in image.warnings)


def test_cropped_after_export(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(np.ascontiguousarray(ramp[:, :20]), {34682: FEI}))
    assert image.pixel_size_nm == pytest.approx(2.5)
    assert any("cropped" in text for text in image.warnings)


def test_thermo_xml(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(ramp, {34683: THERMO}))
    assert image.pixel_size_nm == pytest.approx(0.3)
    facts = image.acquisition
    assert (facts.instrument, facts.detector, facts.voltage_kv) == ("Titan", "HAADF", 300.0)
    assert facts.working_distance_mm == pytest.approx(4)
    assert facts.date == "2020-02-03T10:00:00"


def test_zeiss_image_pixel_not_display_pixel(write_tiff: Any) -> None:
    image = read(write_tiff(np.arange(384 * 512, dtype="u4").reshape(384, 512).astype("u1"), {34118: ZEISS}))
    assert image.pixel_size_nm == pytest.approx(223.2)
    facts = image.acquisition
    assert (facts.instrument, facts.detector) == ("SUPRA 40VP", "InLens")
    assert (facts.voltage_kv, facts.magnification, facts.working_distance_mm) == (3.0, 1000.0, pytest.approx(5.6))
    assert facts.date == "14 May 2021 15:12:44"
    assert image.warnings == ()


def test_old_zeiss_with_display_pixel_only(write_tiff: Any) -> None:
    pixels = np.arange(384 * 512, dtype="u4").reshape(384, 512).astype("u1")
    text = "0\r\n0\r\n0\r\n1.116e-007\r\nAP_WD\r\nWD = 5.6 mm\r\n"
    image = read(write_tiff(pixels, {34118: text}))
    assert image.pixel_size_nm == pytest.approx(223.2)
    assert any("display" in text for text in image.warnings)
    text = "0\r\nAP_PIXEL_SIZE\r\nPixel Size = 111.6 nm\r\n"
    assert read(write_tiff(pixels, {34118: text})).pixel_size_nm == pytest.approx(223.2)


def test_zeiss_resized(write_tiff: Any) -> None:
    image = read(write_tiff(np.arange(192 * 256, dtype="u4").reshape(192, 256).astype("u1"), {34118: ZEISS}))
    assert image.pixel_size_nm == pytest.approx(446.4)


def test_tescan(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(ramp, {50431: b"\x01\x00\xff\xd8binary thumbnail\x00" + TESCAN.encode()}))
    assert image.pixel_size_nm == pytest.approx(12)
    facts = image.acquisition
    assert (facts.instrument, facts.detector, facts.voltage_kv) == ("MIRA3 LMH", "SE", 0.5)
    assert (facts.magnification, facts.working_distance_mm) == (20000.0, pytest.approx(9.1))


def test_olympus_tag_on_the_second_page(tmp_path: Path, ramp: NDArray[Any]) -> None:
    tag = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 30, 12, 5, 4, 121, b"TEM image", 1) + struct.pack("<hhI", 1, 1, 0)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(ramp, metadata=None)
        writer.write(ramp[:8, :8], metadata=None, subfiletype=1, extratags=[(33560, "B", len(tag), tag, True)])
    data = bytearray((tmp_path / "a.tif").read_bytes())
    data[data.index(b"SIS0") + 64 : data.index(b"SIS0") + 68] = struct.pack("<I", len(data))
    data += struct.pack("<10xhdd8xd2x34s32s", -9, 0.8, 0.8, 12000.0, b"Veleta", b"").ljust(220, b"\0")
    (tmp_path / "a.tif").write_bytes(data)
    image = read(tmp_path / "a.tif")
    assert image.pixel_size_nm == pytest.approx(0.8)
    assert (image.acquisition.detector, image.acquisition.magnification) == ("Veleta", 12000.0)


def tvips_tag(pixel_nm: float, width: int, height: int) -> bytes:
    first = np.zeros(1, np.dtype([(name, form) for name, form in tifffile.TIFF.TVIPS_HEADER_V1]))
    second = np.zeros(1, np.dtype([(name, form) for name, form in tifffile.TIFF.TVIPS_HEADER_V2]))
    first["Version"], second["Magic"] = 2, 0xAAAAAAAA
    second["PixelSizeX"] = second["PixelSizeY"] = pixel_nm
    second["ImageSizeX"], second["ImageSizeY"] = width, height
    second["TemHighTension"], second["TemMagnification"] = 120000, 40000
    second["TemType"] = np.frombuffer("JEM-1400".encode("utf-16-le").ljust(160, b"\0"), "V160")
    return bytes(first.tobytes() + second.tobytes())


def test_tvips(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(ramp, {37706: tvips_tag(0.6, 40, 24)}))
    assert image.pixel_size_nm == pytest.approx(0.6)
    facts = image.acquisition
    assert (facts.instrument, facts.voltage_kv, facts.magnification) == ("JEM-1400", 120.0, 40000.0)
    assert read(write_tiff(ramp, {37706: tvips_tag(0.6, 80, 48)})).pixel_size_nm == pytest.approx(1.2)


@pytest.mark.parametrize(("unit", "scale", "nm"), [("nm", 0.25, 0.25), ("µm", 0.002, 2.0), ("1/nm", 0.1, None)])
def test_gatan(write_tiff: Any, ramp: NDArray[Any], unit: str, scale: float, nm: float | None) -> None:
    tags = {65003: unit.encode("latin-1") + b"\0", 65004: unit.encode("latin-1") + b"\0", 65009: scale, 65010: scale}
    extra = [
        (code, "s" if isinstance(value, bytes) else "d", 0 if isinstance(value, bytes) else 1, value, True)
        for code, value in tags.items()
    ]
    path = write_tiff(ramp)
    tifffile.imwrite(path, ramp, metadata=None, extratags=extra)
    assert read(path).pixel_size_nm == (None if nm is None else pytest.approx(nm))


@pytest.mark.parametrize(
    ("unit", "nm"), [("nm", 2.0), ("micron", 2000.0), ("\\u00B5m", 2000.0), ("inch", None), ("pixel", None)]
)
def test_imagej(write_tiff: Any, ramp: NDArray[Any], unit: str, nm: float | None) -> None:
    path = write_tiff(ramp, description=f"ImageJ=1.53t\nunit={unit}\n", resolution=(0.5, 0.5), resolutionunit="NONE")
    assert read(path).pixel_size_nm == (None if nm is None else pytest.approx(nm))


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600, 1200, 9600])
@pytest.mark.parametrize("unit", ["INCH", "CENTIMETER"])
def test_print_resolution_is_ignored(write_tiff: Any, ramp: NDArray[Any], dpi: float, unit: str) -> None:
    value = dpi if unit == "INCH" else dpi / 2.54
    image = read(write_tiff(ramp, resolution=(value, value), resolutionunit=unit))
    assert (image.pixel_size_nm, image.warnings) == (None, ())


def test_resolution_too_fine_for_printers(write_tiff: Any, ramp: NDArray[Any]) -> None:
    path = write_tiff(ramp, resolution=(2e6, 2e6), resolutionunit="CENTIMETER")
    assert read(path).pixel_size_nm == pytest.approx(5)


def test_ome(tmp_path: Path, ramp: NDArray[Any]) -> None:
    metadata = {
        "axes": "YX",
        "PhysicalSizeX": 4.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 4.0,
        "PhysicalSizeYUnit": "nm",
    }
    tifffile.imwrite(tmp_path / "a.ome.tif", ramp, metadata=metadata)
    assert read(tmp_path / "a.ome.tif").pixel_size_nm == pytest.approx(4)
    tifffile.imwrite(
        tmp_path / "b.ome.tif", ramp, metadata={"axes": "YX", "PhysicalSizeX": 0.004, "PhysicalSizeY": 0.004}
    )
    assert read(tmp_path / "b.ome.tif").pixel_size_nm == pytest.approx(4), "without unit it is µm"


def test_ome_of_the_second_image(tmp_path: Path, ramp: NDArray[Any]) -> None:
    with tifffile.TiffWriter(tmp_path / "a.ome.tif", ome=True) as writer:
        for size in (2.0, 3.0):
            facts = {"PhysicalSizeX": size, "PhysicalSizeY": size, "PhysicalSizeXUnit": "nm", "PhysicalSizeYUnit": "nm"}
            writer.write(ramp if size == 2.0 else ramp[:, ::2], metadata={"axes": "YX", **facts})
    assert read(tmp_path / "a.ome.tif", page=0).pixel_size_nm == pytest.approx(2)
    assert read(tmp_path / "a.ome.tif", page=1).pixel_size_nm == pytest.approx(3)


def test_unequal_sides(write_tiff: Any, ramp: NDArray[Any]) -> None:
    image = read(write_tiff(ramp, {34682: FEI.replace("PixelHeight=2.5e", "PixelHeight=10e")}))
    assert image.pixel_size_nm == pytest.approx(5)
    assert image.pixel_aspect == pytest.approx(4)
    assert any("2.5 x 10 nm" in text and "both sides" in text for text in image.warnings)


@pytest.mark.parametrize("value", ["0", "-2.5e-9", "1e-14", "0.01", "inf", "nan", "1e400", "abc", ""])
def test_implausible_pixel_size_is_not_used(write_tiff: Any, ramp: NDArray[Any], value: str) -> None:
    text = FEI.replace("PixelWidth=2.5e-009", f"PixelWidth={value}").replace(
        "PixelHeight=2.5e-009", f"PixelHeight={value}"
    )
    image = read(write_tiff(ramp, {34682: text.replace("HorFieldsize=1e-7", "")}))
    assert image.pixel_size_nm is None
    assert image.acquisition.voltage_kv == 15.0
    if value in {"-2.5e-9", "1e-14", "0.01"}:
        assert any("can't be true" in warning for warning in image.warnings)


@pytest.mark.parametrize(
    ("code", "content"),
    [
        (34683, b"<Metadata><broken"),
        (34683, b"<!DOCTYPE x [<!ENTITY a 'b'>]><Metadata/>"),
        (33560, b"not SIS at all"),
        (37706, b"\x02\0\0\0too short"),
        (37706, b"\x09\0\0\0" + bytes(300)),
    ],
)
def test_damaged_tags_are_a_warning(write_tiff: Any, ramp: NDArray[Any], code: int, content: bytes) -> None:
    image = read(write_tiff(ramp, {code: content}))
    assert np.array_equal(image.pixels, ramp)
    assert image.pixel_size_nm is None
    assert any(str(code) in text and "not used" in text for text in image.warnings)


@pytest.mark.parametrize("code", [34118, 34680, 34682, 50431])
def test_binary_in_text_tags_does_no_harm(write_tiff: Any, ramp: NDArray[Any], code: int) -> None:
    image = read(write_tiff(ramp, {code: bytes(range(256)) * 3}))
    assert np.array_equal(image.pixels, ramp)
    assert image.pixel_size_nm is None


def test_vendor_before_general(write_tiff: Any, ramp: NDArray[Any]) -> None:
    path = write_tiff(
        ramp,
        {34682: FEI},
        resolution=(2e6, 2e6),
        resolutionunit="CENTIMETER",
        software="x",
        datetime="2021:01:01 00:00:00",
    )
    image = read(path)
    assert image.pixel_size_nm == pytest.approx(2.5)
    assert image.acquisition.date == "05/14/2021 03:12:44 PM"
