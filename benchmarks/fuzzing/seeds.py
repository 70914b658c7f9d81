"""Small good files of every format that is read, the ones that mutants are made of."""

import json
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import zarr
from imagecodecs import png_encode
from numpy.typing import NDArray
from PIL import Image

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange import FORMATS
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord
from uniaims.labels import write_labels

IMAGE, LABELS = "image", "labels"
FEI = "[User]\nDate=01/02/2024\n[Scan]\nPixelWidth=1e-9\nPixelHeight=1e-9\n[Image]\nResolutionX=40\nResolutionY=24\n"
ZEISS = "\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 2.5 nm\r\nAP_MAG\r\nMag = 10.00 K X\r\n"
SHAPE = (24, 40)


@dataclass(frozen=True)
class Seed:
    """A good file or folder; `reader` is `IMAGE`, `LABELS` or the name of an exchange format."""

    kind: str
    reader: str
    path: Path


def seeds(folder: Path) -> list[Seed]:
    """All seeds, written into ``folder``; the binary ones by what the tests write them with."""
    tests = runpy.run_path(str(Path(__file__).parents[2] / "tests" / "formats" / "conftest.py"))
    folder.mkdir(parents=True, exist_ok=True)
    makers = (_rasters, _tiffs, _label_images)
    made = [seed for maker in makers for seed in maker(folder)]
    made += _instruments(folder, tests)
    made += _zarrs(folder, tests)
    return made + list(_datasets(folder / "datasets"))


def ramp(kind: str = "u1") -> NDArray[Any]:
    """An uneven image (24, 40)."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return (rows * 7 + columns * 3).astype(kind)


def _rasters(folder: Path) -> Iterator[Seed]:
    gray = Image.fromarray(ramp())
    colours = np.stack([ramp(), ramp()[::-1], ramp()], axis=-1)
    turned = Image.Exif()
    turned[0x0112] = 6
    pictures: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "gray.png": (gray, {}),
        "one-bit.png": (gray.convert("1"), {}),
        "palette.png": (gray.convert("P"), {"transparency": 3}),
        "rgb.png": (Image.fromarray(colours), {"dpi": (300, 300)}),
        "rgba.png": (Image.fromarray(colours).convert("RGBA"), {}),
        "16.png": (Image.fromarray(ramp("u2")), {}),
        "animated.png": (gray, {"save_all": True, "append_images": [gray.rotate(180)]}),
        "gray.jpg": (gray, {}),
        "exif.jpg": (Image.fromarray(colours), {"exif": turned, "quality": 90}),
        "progressive.jpg": (Image.fromarray(colours), {"progressive": True}),
        "cmyk.jpg": (Image.fromarray(colours).convert("CMYK"), {}),
        "gray.bmp": (gray, {}),
        "rgb.bmp": (Image.fromarray(colours), {}),
        "one-bit.bmp": (gray.convert("1"), {}),
    }
    for name, (picture, options) in pictures.items():
        picture.save(folder / name, **options)
        yield Seed(Path(name).suffix[1:], IMAGE, folder / name)
    (folder / "rgb16.png").write_bytes(png_encode(colours.astype("u2") * 257))
    yield Seed("png", IMAGE, folder / "rgb16.png")
    (folder / "interlaced.png").write_bytes(_interlaced(ramp()))
    yield Seed("png", IMAGE, folder / "interlaced.png")


def _interlaced(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG in Adam7's seven passes, which no encoder at hand writes."""
    import struct
    import zlib

    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    parts = [pixels[top::down, left::right] for top, left, down, right in passes]
    rows = b"".join(b"\0" + row.tobytes() for part in parts if part.size for row in part)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def _tiffs(folder: Path) -> Iterator[Seed]:
    gray, words = ramp(), ramp("u2")
    large = np.tile(gray, (3, 3))
    colours = np.stack([large, large[::-1], large], axis=-1)
    palette = np.stack([np.arange(256) * 257] * 3).astype("u2")
    stack = np.stack([words] * 3)
    fei = [(34682, "s", 0, FEI, True), (270, "s", 0, "a", True)]
    images: dict[str, tuple[NDArray[Any], dict[str, Any]]] = {
        "strips": (words, {"rowsperstrip": 5}),
        "tiled": (large, {"tile": (16, 16)}),
        "deflate": (large, {"compression": "zlib", "predictor": True, "tile": (32, 32)}),
        "lzw": (large, {"compression": "lzw", "rowsperstrip": 9}),
        "packbits": (large, {"compression": "packbits"}),
        "zstd": (large, {"compression": "zstd"}),
        "jpeg": (colours, {"compression": "jpeg", "photometric": "rgb", "tile": (16, 16)}),
        "jpeg2000": (large, {"compression": "jpeg2000"}),
        "planes": (np.moveaxis(colours, -1, 0), {"photometric": "rgb", "planarconfig": "separate"}),
        "palette": (gray, {"photometric": "palette", "colormap": palette}),
        "white": (gray, {"photometric": "miniswhite"}),
        "one-bit": (gray > 90, {}),
        "float": (words.astype("f4"), {"compression": "zlib", "predictor": True}),
        "big": (words, {"bigtiff": True}),
        "motorola": (words, {"byteorder": ">"}),
        "pages": (stack, {"photometric": "minisblack"}),
        "imagej": (stack, {"imagej": True, "metadata": {"unit": "um", "spacing": 1.0}, "resolution": (4.0, 4.0)}),
        "ome": (stack, {"ome": True, "photometric": "minisblack", "metadata": {"PhysicalSizeX": 2.0, "axes": "ZYX"}}),
        "fei": (gray, {"extratags": fei, "metadata": None}),
        "zeiss": (gray, {"extratags": [(34118, "s", 0, ZEISS, True)], "metadata": None}),
        "resolution": (gray, {"resolution": (4e6, 4e6), "resolutionunit": "CENTIMETER"}),
    }
    for name, (pixels, options) in images.items():
        tifffile.imwrite(folder / f"{name}.tif", pixels, **options)
        yield Seed(f"tiff {name}", IMAGE, folder / f"{name}.tif")


def _label_images(folder: Path) -> Iterator[Seed]:
    labels = _labels()
    write_labels(folder / "labels.tif", labels, 2.5)
    np.save(folder / "labels.npy", labels)
    Image.fromarray(labels.astype(np.uint8)).save(folder / "labels.png")
    tifffile.imwrite(folder / "labels-imagej.tif", labels.astype("u2"), imagej=True)
    for name in ("labels.tif", "labels.npy", "labels.png", "labels-imagej.tif"):
        yield Seed("label images", LABELS, folder / name)


def _instruments(folder: Path, tests: dict[str, Any]) -> Iterator[Seed]:
    words, stack = ramp("u2"), np.stack([ramp("u2")] * 2)
    write_dm, write_ser, write_mrc, write_velox = (
        tests[f"write_{name}"].__wrapped__(folder) for name in ("dm", "ser", "mrc", "velox")
    )
    image = tests["dm_image"](words, 10, Microscope={"Voltage": 200000.0, "Name": "Titan"})
    facts = {"BinaryResult": {"PixelSize": {"width": "1e-9", "height": "1e-9"}}, "Optics": {"AccelerationVoltage": "2"}}
    yield Seed("dm3", IMAGE, write_dm([image], 3, "a.dm3"))
    yield Seed("dm4", IMAGE, write_dm([image], 4, "a.dm4"))
    yield Seed("dm3", IMAGE, write_dm([tests["dm_image"](stack, 10)], 3, "stack.dm3", ">"))
    yield Seed("ser", IMAGE, write_ser(stack, 2))
    yield Seed("ser", IMAGE, write_ser(stack.astype("i4"), 6, wide=True, name="b_1.ser"))
    yield Seed("mrc", IMAGE, write_mrc(stack, 6))
    yield Seed(
        "mrc", IMAGE, write_mrc(stack.astype("f4"), 2, order=">", extended=bytes(768), name="b.mrc", kind=b"FEI1")
    )
    yield Seed("emd", IMAGE, write_velox({"a": (words[..., None], facts), "b": (np.moveaxis(stack, 0, -1), facts)}))


def _zarrs(folder: Path, tests: dict[str, Any]) -> Iterator[Seed]:
    write_zarr = tests["write_zarr"].__wrapped__(folder)
    stack = np.stack([ramp("u2")] * 2)
    yield Seed("ome-zarr 2", IMAGE, write_zarr(ramp(), 2, name="two.zarr"))
    yield Seed("ome-zarr 3", IMAGE, write_zarr(stack, 3, name="three.zarr"))
    shards: dict[str, Any] = {"shape": SHAPE, "chunks": (8, 8), "shards": (24, 40), "dtype": "u1", "zarr_format": 3}
    array = zarr.create_array(str(folder / "shards.zarr"), **shards)
    array[...] = ramp()
    yield Seed("ome-zarr 3", IMAGE, folder / "shards.zarr")


def _labels() -> NDArray[np.uint32]:
    labels = np.zeros(SHAPE, np.uint32)
    labels[2:9, 3:12], labels[4:6, 5:8] = 1, 0
    labels[12:20, 20:33], labels[14:23, 4:15] = 2, 3
    return labels


def _datasets(folder: Path) -> Iterator[Seed]:
    folder.mkdir(exist_ok=True)
    instances = InstanceMasks.from_labels(_labels(), {1: "pore", 2: "grain", 3: "grain"})
    records = [ImageRecord(name, f"{name}.png", SHAPE[1], SHAPE[0], pixel_size_nm=2.5) for name in ("one", "two")]
    entries = [AnnotatedImage(record, instances, ramp()) for record in records]
    for form in FORMATS.values():
        form.write(entries, folder / form.name)
        yield Seed(form.name, form.name, folder / form.name)
    yield Seed("labelme", "labelme", _labelme_shapes(folder / "labelme-shapes"))
    yield Seed("label-studio", "label-studio", _label_studio_shapes(folder / "label-studio-shapes"))


def _labelme_shapes(folder: Path) -> Path:
    """What people draw in LabelMe, with the image inside of the file."""
    from base64 import b64encode

    folder.mkdir(exist_ok=True)
    corners = {
        "polygon": [[1.5, 2], [9, 2], [9, 11.25]],
        "rectangle": [[3, 3], [20, 9]],
        "circle": [[20, 12], [25, 12]],
    }
    shapes = [{"label": kind, "points": points, "group_id": None, "shape_type": kind, "flags": {}}
              for kind, points in corners.items()]  # fmt: skip
    content = {"version": "5.5.0", "flags": {}, "shapes": shapes, "imagePath": "a.png", "imageHeight": SHAPE[0],
               "imageWidth": SHAPE[1], "imageData": b64encode(png_encode(ramp())).decode()}  # fmt: skip
    (folder / "a.json").write_text(json.dumps(content, indent=1), "utf-8")
    return folder


def _label_studio_shapes(folder: Path) -> Path:
    """Polygons, rectangles and ellipses of Label Studio."""
    folder.mkdir(exist_ok=True)
    Image.fromarray(ramp()).save(folder / "a.png")
    size = {"original_width": SHAPE[1], "original_height": SHAPE[0]}
    values: list[dict[str, Any]] = [
        {"type": "polygonlabels", "value": {"points": [[5, 5], [30, 5], [30, 40.5]], "polygonlabels": ["grain"]}},
        {"type": "rectanglelabels", "value": {"x": 40, "y": 40, "width": 20, "height": 20, "rotation": 10,
                                              "rectanglelabels": ["pore"]}},
        {"type": "ellipselabels", "value": {"x": 70, "y": 60, "radiusX": 9, "radiusY": 12, "ellipselabels": ["pore"]}},
    ]  # fmt: skip
    result = [{"id": str(number), "from_name": "label", "to_name": "image", **size, **value}
              for number, value in enumerate(values)]  # fmt: skip
    tasks = [
        {"id": 1, "data": {"image": "/data/upload/1/0123abcd-a.png"}, "annotations": [{"id": 1, "result": result}]}
    ]
    (folder / "tasks.json").write_text(json.dumps(tasks, indent=1), "utf-8")
    return folder
