"""Small writers of the binary formats: the tests' own statement of what such files look like."""

import json
import struct
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from numpy.typing import NDArray


class Writer(Protocol):
    """Writes one file and returns its path."""

    def __call__(self, *args: Any, **options: Any) -> Path: ...


@pytest.fixture
def write_tiff(tmp_path: Path) -> Writer:
    """``write_tiff(pixels, {tag: text or bytes}, **tifffile options)``."""

    def write(pixels: NDArray[Any], tags: dict[int, Any] | None = None, name: str = "a.tif", **options: Any) -> Path:
        extra = []
        for code, value in (tags or {}).items():
            if isinstance(value, float):
                extra.append((code, "d", 1, value, True))
            elif isinstance(value, str):
                extra.append((code, "s", 0, value, True))
            else:
                extra.append((code, "B", len(value), value, True))
        options.setdefault("metadata", None)
        tifffile.imwrite(tmp_path / name, pixels, extratags=extra, **options)
        return tmp_path / name

    return write


@pytest.fixture
def write_dm(tmp_path: Path) -> Writer:
    """``write_dm(images, version=3, name=..)``; an image is a dict of the tags in one entry of ImageList."""

    def write(
        images: list[dict[str, Any]], version: int = 3, name: str = "a.dm3", order: str = "<", **root: Any
    ) -> Path:
        encoder = DmEncoder(version, order)
        body = encoder.group({"ImageList": dict(enumerate(images)), **root})
        size = ">q" if version == 4 else ">i"
        header = struct.pack(">i", version) + struct.pack(size, len(body)) + struct.pack(">i", order == "<")
        (tmp_path / name).write_bytes(header + body + bytes(8))
        return tmp_path / name

    return write


def dm_image(pixels: NDArray[Any], code: int, scale: float = 1.0, unit: str = "nm", **tags: Any) -> dict[str, Any]:
    """Tags of one image; `pixels` is (H, W) or (N, H, W)."""
    axes = {0: {"Scale": scale, "Units": unit}, 1: {"Scale": scale, "Units": unit}}
    return {
        "ImageData": {
            "Calibrations": {"Dimension": axes},
            "Data": pixels.ravel(),
            "DataType": code,
            "Dimensions": dict(enumerate(reversed(pixels.shape))),
        },
        "ImageTags": tags,
    }


@pytest.fixture(name="dm_image")
def dm_image_fixture() -> Any:
    return dm_image


class DmEncoder:
    """A tree of dictionaries as DM3 or DM4 tags. Integers as keys are groups without a name."""

    def __init__(self, version: int, order: str) -> None:
        self.version, self.order = version, order

    def size(self, number: int) -> bytes:
        return struct.pack(">q" if self.version == 4 else ">i", number)

    def group(self, tags: dict[Any, Any]) -> bytes:
        return b"\x01\x00" + self.size(len(tags)) + b"".join(self.tag(key, value) for key, value in tags.items())

    def tag(self, key: Any, value: Any) -> bytes:
        name = key.encode("latin-1") if isinstance(key, str) else b""
        content = self.group(value) if isinstance(value, dict) else self.data(value)
        start = bytes([20 if isinstance(value, dict) else 21]) + struct.pack(">H", len(name)) + name
        return start + (self.size(len(content)) if self.version == 4 else b"") + content

    def data(self, value: Any) -> bytes:
        codes = {"i2": 2, "i4": 3, "u2": 4, "u4": 5, "f4": 6, "f8": 7, "u1": 10, "i1": 9, "c8": 6}
        if isinstance(value, bool | int):
            return self.simple(5, struct.pack(f"{self.order}I", value))
        if isinstance(value, float):
            return self.simple(7, struct.pack(f"{self.order}d", value))
        if isinstance(value, tuple):
            fields = b"".join(self.size(0) + self.size(7) for _ in value)
            info = self.size(15) + self.size(0) + self.size(len(value)) + fields
            return b"%%%%" + self.size(3 + 2 * len(value)) + info + struct.pack(f"{self.order}{len(value)}d", *value)
        if isinstance(value, str):
            value = np.frombuffer(value.encode("utf-16-le"), "<u2")
        kind = value.dtype.str[1:]
        count = value.size * (2 if kind == "c8" else 1)
        info = self.size(20) + self.size(codes[kind]) + self.size(count)
        return b"%%%%" + self.size(3) + info + value.astype(value.dtype.newbyteorder(self.order)).tobytes()

    def simple(self, code: int, content: bytes) -> bytes:
        return b"%%%%" + self.size(1) + self.size(code) + content


@pytest.fixture
def write_ser(tmp_path: Path) -> Writer:
    """``write_ser(stack (N, H, W), code, pixel_m)``; rows are given from top to bottom."""

    def write(
        stack: NDArray[Any],
        code: int,
        pixel_m: float = 1e-9,
        wide: bool = False,
        name: str = "a_1.ser",
        kind: int = 0x4122,
    ) -> Path:
        form = "<q" if wide else "<i"
        header_size = 22 + struct.calcsize(form) + 4
        header = struct.pack(
            "<hhhiiii", 0x4949, 0x0197, 0x0220 if wide else 0x0210, kind, 0x4152, len(stack), len(stack)
        )
        element_size = 50 + stack[0].nbytes
        table = header_size
        first = table + len(stack) * struct.calcsize(form)
        offsets = b"".join(struct.pack(form, first + index * element_size) for index in range(len(stack)))
        elements = b""
        for plane in stack:
            height, width = plane.shape
            elements += struct.pack("<ddiddihii", 0, pixel_m, 0, 0, pixel_m, 0, code, width, height)
            elements += plane[::-1].astype(plane.dtype.newbyteorder("<")).tobytes()
        (tmp_path / name).write_bytes(header + struct.pack(form, table) + struct.pack("<i", 0) + offsets + elements)
        return tmp_path / name

    return write


@pytest.fixture
def write_mrc(tmp_path: Path) -> Writer:
    """``write_mrc(stack (N, H, W), mode, pixel_angstrom)``."""

    def write(
        stack: NDArray[Any],
        mode: int,
        pixel_angstrom: float = 2.0,
        order: str = "<",
        extended: bytes = b"",
        magic: bytes = b"MAP ",
        name: str = "a.mrc",
        kind: bytes = b"    ",
    ) -> Path:
        count, height, width = stack.shape[:3]
        header = bytearray(1024)
        struct.pack_into(f"{order}4i", header, 0, width, height, count, mode)
        struct.pack_into(f"{order}3i", header, 28, width, height, count)
        struct.pack_into(f"{order}3f", header, 40, width * pixel_angstrom, height * pixel_angstrom, count)
        struct.pack_into(f"{order}i", header, 92, len(extended))
        header[104:108], header[208:212] = kind, magic
        data = stack.astype(stack.dtype.newbyteorder(order)).tobytes()
        (tmp_path / name).write_bytes(bytes(header) + extended + data)
        return tmp_path / name

    return write


@pytest.fixture
def write_velox(tmp_path: Path) -> Writer:
    """``write_velox({group: (stack (H, W, N), metadata)})``."""

    def write(images: dict[str, tuple[NDArray[Any], Any]], name: str = "a.emd") -> Path:
        with h5py.File(tmp_path / name, "w") as file:
            for group, (stack, facts) in images.items():
                file[f"Data/Image/{group}/Data"] = stack
                text = facts if isinstance(facts, bytes) else json.dumps(facts).encode()
                column = np.frombuffer(text.ljust(4000, b"\0"), np.uint8)[:, None]
                file[f"Data/Image/{group}/Metadata"] = np.repeat(column, stack.shape[2], axis=1)
        return tmp_path / name

    return write


@pytest.fixture
def write_zarr(tmp_path: Path) -> Writer:
    """``write_zarr(pixels, zarr_format, axes, scale, unit)``: NGFF 0.4 in Zarr 2, 0.5 in Zarr 3."""

    def write(
        pixels: NDArray[Any], zarr_format: int, scale: float = 2.5, unit: str | None = "nanometer", name: str = "a.zarr"
    ) -> Path:
        group = zarr.open_group(str(tmp_path / name), mode="w", zarr_format=zarr_format)
        array = group.create_array(
            "0", shape=pixels.shape, dtype=pixels.dtype, chunks=(1,) * (pixels.ndim - 2) + (16, 16)
        )
        array[...] = pixels
        names = "tczyx"[-pixels.ndim :]
        axes = [{"name": letter, "type": "space", **({"unit": unit} if unit else {})} for letter in names]
        scales = [1.0] * (pixels.ndim - 2) + [scale / 2, scale / 2]
        datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": scales}]}]
        whole = [{"type": "scale", "scale": [1.0] * (pixels.ndim - 2) + [2.0, 2.0]}]
        multiscale = {"axes": axes, "datasets": datasets, "coordinateTransformations": whole}
        if zarr_format == 2:
            group.attrs["multiscales"] = [{**multiscale, "version": "0.4"}]
        else:
            group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale]}
        return tmp_path / name

    return write


@pytest.fixture
def ramp() -> NDArray[np.uint8]:
    """An uneven gray image, 24 x 40, in which no row or column equals another."""
    rows, columns = np.mgrid[:24, :40]
    return (rows * 7 + columns * 3).astype(np.uint8)
