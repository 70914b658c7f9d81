"""A Zarr array in a folder, looked at before the zarr library touches it: types, codecs, and which chunks are there.

Zarr knows codecs for texts and objects, some of which never answer on bytes that are none, unpacks a chunk to whatever
size it has, and reads one that is not there as black.
"""

import gzip
import json
import math
import os
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from imagecodecs import ZstdError, zstd_decode

from uniaims.errors import ImageError
from uniaims.formats.raw_image import check_promise

_COMPRESSORS = frozenset({"blosc", "gzip", "zstd", "lz4", "zlib"})
_PLAIN = frozenset({"bytes", "crc32c", "crc32", "adler32", "fletcher32", "transpose", "shuffle", "bitround"})
"""Codecs that give as many bytes as they get. LZMA and bzip2 are left out: a kilobyte of them can be a gigabyte."""
_WIDENING = frozenset({"delta", "fixedscaleoffset", "quantize", "packbits", "astype"})
"""Filters that give numbers of another type: at most one is believed, else each makes more of what the last gave."""
_SHARDS = "sharding_indexed"
_TYPES_3 = frozenset(
    {"bool", "float16", "float32", "float64", "complex64", "complex128"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
_LARGEST_JSON_BYTES = 2**24
_LARGEST_CHUNK_BYTES = 2**31
_MOST_CHUNKS = 2**20
_ABSENT_OFFSET = 2**64 - 1
_Codec = tuple[str, Mapping[str, Any]]
"""Name and settings of a codec."""
_HEADER_BYTES = 16
_SIZE_SLACK = 2
"""Packed chunks of noise, and those with sums at their ends, are a little larger than the values in them."""
_MOST_WIDENING = 16
"""Filters may widen values before they are packed: so many times the size of a chunk is then believed."""
_MOST_DEFLATED = 1032
"""Deflate packs no better than this, whatever it is given."""
_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Packing:
    """How the pieces of an array are packed: by which compressor, if any, and whether their values were filtered."""

    compressor: str | None
    is_filtered: bool


@dataclass(frozen=True)
class StoredArray:
    """The array in `folder`: (..., H, W) values in chunks of one file each.

    `inner` is the shape of the pieces inside a chunk file of a sharded array, else None; `index_at_end` says where
    such a file has its index, `index_dtype` how its numbers are stored, and `index_sum_bytes` how long the sum behind
    them is.
    """

    folder: Path
    zarr_format: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk: tuple[int, ...]
    packing: "Packing"
    separator: str
    prefix: str = ""
    inner: tuple[int, ...] | None = None
    index_at_end: bool = True
    index_dtype: str = "<u8"
    index_sum_bytes: int = 0

    @property
    def piece(self) -> tuple[int, ...]:
        """Shape of what is packed and unpacked as one."""
        return self.inner or self.chunk

    @property
    def piece_bytes(self) -> int:
        """Bytes of the values of a piece."""
        return math.prod(self.piece) * self.dtype.itemsize

    @property
    def most_bytes(self) -> int:
        """The most bytes that a packed piece may unpack to, or have without compression."""
        return (_MOST_WIDENING if self.packing.is_filtered else _SIZE_SLACK) * self.piece_bytes + 2**16

    def chunk_files(self, leading: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Path]]:
        """Place in the grid of chunks, and file, of every chunk of the plane at the index `leading`."""
        fixed = [(index // size,) for index, size in zip(leading, self.chunk, strict=False)]
        grid = [range(-(-side // size)) for side, size in zip(self.shape[-2:], self.chunk[-2:], strict=True)]
        for place in product(*fixed, *grid):
            yield place, self.folder / (self.prefix + self.separator.join(map(str, place)))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file of a Zarr folder; empty where there is no such file."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return {}
    if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LARGEST_JSON_BYTES:
        raise ImageError(f"{path.name} in the Zarr folder is no file of metadata: copy the folder again")
    content = json.loads(path.read_text("utf-8-sig"))
    if not isinstance(content, dict):
        raise ImageError(f"{path.name} in the Zarr folder holds no JSON object: it is damaged; copy the folder again")
    return content


def stored_array(folder: Path) -> StoredArray:
    """The array in `folder`, of Zarr format 2 or 3.

    Raises:
        ImageError: where there is none, or one of a type or codec that is not for numbers.
    """
    array = _of_format_3(folder) or _of_format_2(folder)
    if array is None:
        raise ImageError(f"there is no Zarr array at {folder.name}: the folder is damaged; copy it again")
    if len(array.shape) < 2 or min(array.shape) < 0:
        raise ImageError(f"the array has the shape {array.shape}: at least (H, W) is wanted")
    if len(array.chunk) != len(array.shape) or min(array.chunk) < 1 or min(array.piece) < 1:
        raise ImageError(f"an array of the shape {array.shape} is said to have chunks of {array.chunk}: it is damaged")
    if array.piece_bytes > _LARGEST_CHUNK_BYTES:
        raise ImageError(f"the array is stored in chunks of {array.piece_bytes:,} bytes: write it in smaller ones")
    return array


def _of_format_3(folder: Path) -> StoredArray | None:
    facts = read_json(folder / "zarr.json")
    if facts.get("node_type") != "array":
        return None
    kind = facts["data_type"]
    if kind not in _TYPES_3:
        raise ImageError(f"the array holds values of the type {kind}: numbers are wanted")
    codecs = [_codec(entry) for entry in facts["codecs"]]
    outer = [codec for codec in codecs if codec[0] != _SHARDS]
    shards = [settings for name, settings in codecs if name == _SHARDS]
    keys = facts.get("chunk_key_encoding", {})
    separator = keys.get("configuration", {}).get("separator", "." if keys.get("name") == "v2" else "/")
    settings: Mapping[str, Any] = shards[0] if shards else {}
    packing = _checked_codecs(outer)
    if shards and (len(codecs) > 1 or packing.compressor):
        raise ImageError(f"its shards are stored with {outer[0][0] if outer else _SHARDS!r} besides: write them alone")
    index_dtype, index_sum_bytes = _shard_index([_codec(entry) for entry in settings.get("index_codecs", ())])
    return StoredArray(
        folder=folder,
        zarr_format=3,
        shape=tuple(map(int, facts["shape"])),
        dtype=np.dtype(kind),
        chunk=tuple(map(int, facts["chunk_grid"]["configuration"]["chunk_shape"])),
        packing=_checked_codecs([_codec(entry) for entry in settings["codecs"]]) if shards else packing,
        separator=separator,
        prefix="" if keys.get("name") == "v2" else f"c{separator}",
        inner=tuple(map(int, settings["chunk_shape"])) if shards else None,
        index_at_end=settings.get("index_location", "end") == "end",
        index_dtype=index_dtype,
        index_sum_bytes=index_sum_bytes,
    )


def _shard_index(codecs: Sequence[_Codec]) -> tuple[str, int]:
    """Type of the numbers in the index of a shard, and bytes of the sum behind them."""
    names = [name for name, _ in codecs]
    if names not in ([], ["bytes"], ["bytes", "crc32c"]):
        raise ImageError(f"the index of its shards is stored with {', '.join(names)}: bytes and crc32c are wanted")
    order = ">" if codecs and codecs[0][1].get("endian") == "big" else "<"
    return f"{order}u8", 4 * (len(names) == 2)


def _of_format_2(folder: Path) -> StoredArray | None:
    facts = read_json(folder / ".zarray")
    if not facts:
        return None
    dtype = np.dtype(facts["dtype"]) if isinstance(facts["dtype"], str) else np.dtype(object)
    if dtype.kind not in "biufc":
        raise ImageError(f"the array holds values of the type {dtype}: numbers are wanted")
    stages = [*(facts.get("filters") or ()), *([facts["compressor"]] if facts.get("compressor") else ())]
    codecs = [(str(stage.get("id")), stage) for stage in stages]
    return StoredArray(
        folder=folder,
        zarr_format=2,
        shape=tuple(map(int, facts["shape"])),
        dtype=dtype,
        chunk=tuple(map(int, facts["chunks"])),
        packing=_checked_codecs(codecs),
        separator=facts.get("dimension_separator", "."),
    )


def _codec(entry: Any) -> _Codec:
    """Name and settings of a codec; numcodecs' own are written ``numcodecs.lz4``."""
    if isinstance(entry, str):
        return entry.removeprefix("numcodecs."), {}
    return str(entry["name"]).removeprefix("numcodecs."), entry.get("configuration") or {}


def _checked_codecs(codecs: Sequence[_Codec]) -> Packing:
    """How codecs pack; those that are not for numbers, or make more than can be told beforehand, are refused."""
    names = [name for name, _ in codecs]
    foreign = [name for name in names if name not in _COMPRESSORS | _PLAIN | _WIDENING]
    if foreign:
        raise ImageError(
            f"the array is stored with {foreign[0]!r}, which is not for images or can't be bounded: it is not read; "
            "write the array with blosc, gzip, zstd, lz4 or without compression"
        )
    for several in (_COMPRESSORS, _WIDENING):
        found = [name for name in names if name in several]
        if len(found) > 1:
            raise ImageError(f"the array is packed {len(found)} times, by {' and '.join(found)}: write it packed once")
    for name, settings in codecs:
        types = [settings[key] for key in ("dtype", "astype", "encode_dtype", "decode_dtype") if key in settings]
        if name in _WIDENING and any(np.dtype(kind).kind not in "biufc" for kind in types):
            raise ImageError(f"the array is stored with {name!r} for {types}: numbers are wanted")
    packers = [name for name in names if name in _COMPRESSORS]
    return Packing(packers[0] if packers else None, any(name in _WIDENING for name in names))


def check_plane(array: StoredArray, leading: tuple[int, ...], *, may_be_empty: bool = False) -> tuple[str, ...]:
    """Look at the chunk files of a plane; the warning says how many pieces are not there.

    Writers leave out chunks that hold nothing but the fill value, so one that is missing may be an interrupted copy
    or plain ground: it is read, with a warning. A plane of which nothing is there is refused, unless it
    ``may_be_empty``, as labels of an image without objects are.

    Raises:
        ImageError: where no chunk is there, one is no file, or the files can't hold what is claimed.
    """
    height, width = array.shape[-2:]
    count = math.prod(-(-side // size) for side, size in zip((height, width), array.piece[-2:], strict=True))
    if count > _MOST_CHUNKS:
        raise ImageError(f"the image is stored in {count:,} chunks: write it in larger ones")
    there, stored_bytes = 0, 0
    for place, path in array.chunk_files(leading):
        try:
            facts = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if not stat.S_ISREG(facts.st_mode):
            raise ImageError(f"chunk {path.relative_to(array.folder)} is no file: copy the folder again")
        stored_bytes += facts.st_size
        there += _pieces_there(array, place, path, facts, leading)
    if not there and not may_be_empty:
        raise ImageError(
            f"none of the {count:,} chunks of the image is there: copy the folder again, with all its files"
        )
    if there and not may_be_empty:  # labels are mostly background, and packed as far as one likes
        check_promise(width, height, stored_bytes, array.dtype.itemsize)
    if there >= count:
        return ()
    return (
        f"{count - there:,} of {count:,} chunks of the image are not there and were read as the fill value: they hold "
        "nothing else, or the folder was not copied whole",
    )


def _pieces_there(
    array: StoredArray, place: tuple[int, ...], path: Path, facts: os.stat_result, leading: tuple[int, ...]
) -> int:
    """How many pieces of the plane a chunk file holds; what they claim is checked."""
    if array.inner is None:
        with path.open("rb") as stream:
            _check_claim(array, stream.read(_HEADER_BYTES), path, facts.st_size, 0)
        return 1
    inside = [size // piece for size, piece in zip(array.chunk, array.inner, strict=True)]
    wanted = _wanted_pieces(array, array.inner, place, leading)
    index_bytes = math.prod(inside) * _HEADER_BYTES
    there = 0
    with path.open("rb") as stream:
        stream.seek(max(0, facts.st_size - index_bytes - array.index_sum_bytes) if array.index_at_end else 0)
        data = stream.read(index_bytes)
        if len(data) < index_bytes:
            raise ImageError(f"shard {path.relative_to(array.folder)} is cut short: copy the folder again")
        index = np.frombuffer(data, array.index_dtype).reshape(*inside, 2)
        for piece in product(*wanted):
            offset, length = map(int, index[piece])
            if offset == _ABSENT_OFFSET and length == _ABSENT_OFFSET:
                continue
            there += 1
            stream.seek(min(offset, facts.st_size))
            _check_claim(array, stream.read(_HEADER_BYTES), path, length, offset)
    return there


def _wanted_pieces(
    array: StoredArray, inner: tuple[int, ...], place: tuple[int, ...], leading: tuple[int, ...]
) -> list[range]:
    """For each axis, the pieces of the shape ``inner`` inside a shard that belong to the plane and to the image."""
    wanted = []
    for axis, (chunk, piece) in enumerate(zip(array.chunk, inner, strict=True)):
        if axis < len(leading):
            index = leading[axis] % chunk // piece
            wanted.append(range(index, index + 1))
        else:
            left = array.shape[axis] - place[axis] * chunk
            wanted.append(range(min(chunk // piece, -(-left // piece))))
    return wanted


def _check_claim(array: StoredArray, head: bytes, path: Path, stored_bytes: int, offset: int) -> None:
    """Refuse a piece that is, or unpacks to, far more than a piece has."""
    check_promise(1, array.piece_bytes, stored_bytes)
    most, packer = array.most_bytes, array.packing.compressor
    claimed = stored_bytes
    if packer == "blosc" and len(head) >= 8:
        claimed = struct.unpack_from("<I", head, 4)[0]
    elif packer == "lz4" and len(head) >= 4:
        claimed = struct.unpack_from("<I", head)[0]
    elif packer in {"gzip", "zlib"} and _MOST_DEFLATED * stored_bytes > most >= stored_bytes:
        claimed = _inflated_bytes(_stored(path, offset, stored_bytes), packer, most)
    elif packer == "zstd":
        size = _zstd_size(head)
        claimed = size if size is not None else _unpacked_zstd(_stored(path, offset, stored_bytes), most)
    claimed = max(claimed, stored_bytes)
    if claimed > most:
        raise ImageError(
            f"a chunk of {array.piece_bytes:,} bytes is said to unpack to {claimed:,}: "
            "the file is damaged; copy it again"
        )


def _stored(path: Path, offset: int, stored_bytes: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(stored_bytes)


def _inflated_bytes(data: bytes, packer: str, most: int) -> int:
    """How many bytes gzip or zlib unpack to; where these are more than ``most``, it is given up soon behind."""
    size = 0
    if packer == "gzip":
        with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
            while size <= most and (block := stream.read(_BLOCK_BYTES)):
                size += len(block)
        return size
    inflater = zlib.decompressobj()
    while size <= most and (block := inflater.decompress(data, _BLOCK_BYTES)):
        size, data = size + len(block), inflater.unconsumed_tail
    return size


def _zstd_size(head: bytes) -> int | None:
    """Size of the content that the header of a Zstandard frame names; None where it names none (RFC 8878, 3.1.1.1)."""
    if len(head) < 6 or head[:4] != b"\x28\xb5\x2f\xfd":
        return 0
    flags = head[4]
    is_single = bool(flags & 0x20)
    width = (1 if is_single else 0, 2, 4, 8)[flags >> 6]
    if width == 0:
        return None
    start = 5 + (0 if is_single else 1) + (0, 1, 2, 4)[flags & 3]
    return int.from_bytes(head[start : start + width], "little") + (256 if width == 2 else 0)


def _unpacked_zstd(data: bytes, most: int) -> int:
    """Bytes that a Zstandard frame without a size unpacks to; more than ``most`` where it does not keep to these."""
    try:
        return len(zstd_decode(data, out=most))
    except ZstdError:
        return most + 1
