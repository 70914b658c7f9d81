"""Zarr arrays as interrupted copies, other programs and attackers leave them."""

import json
import os
import struct
from pathlib import Path
from typing import Any

import google_crc32c
import numcodecs
import numpy as np
import pytest
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, BytesCodec, GzipCodec, TransposeCodec, ZstdCodec

from uniaims.errors import ImageError
from uniaims.formats import read


def write(path: Path, pixels: NDArray[Any], zarr_format: int = 3, **options: Any) -> Path:
    array = zarr.create_array(
        str(path), shape=pixels.shape, dtype=pixels.dtype, zarr_format=zarr_format, **{"chunks": (16, 16), **options}
    )
    array[...] = pixels
    return path


def pieces(path: Path) -> list[Path]:
    return sorted(place for place in path.rglob("*") if place.is_file() and place.name[0] not in ".z")


@pytest.fixture
def bright(ramp: NDArray[Any]) -> NDArray[Any]:
    return ramp // 2 + 1


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_missing_chunks(tmp_path: Path, bright: NDArray[Any], zarr_format: int) -> None:
    path = write(tmp_path / "a.zarr", bright, zarr_format)
    assert read(path).warnings == ()
    pieces(path)[1].unlink()
    image = read(path)
    assert image.warnings == (
        "1 of 6 chunks of the image are not there and were read as the fill value: they hold nothing else, or the "
        "folder was not copied whole",
    )
    assert np.asarray(image.pixels).min() == 0
    for piece in pieces(path):
        piece.unlink()
    with pytest.raises(ImageError, match="none of the 6 chunks"):
        read(path)


def test_only_the_plane_that_is_read_counts(tmp_path: Path, bright: NDArray[Any]) -> None:
    path = write(tmp_path / "a.zarr", np.stack([bright] * 4), chunks=(2, 16, 16))
    (path / "c/1/0/0").unlink()
    assert read(path, 1).warnings == ()
    assert any("1 of 6 chunks" in text for text in read(path, 2).warnings)


@pytest.mark.parametrize("leading", [(), (2,)])
def test_missing_pieces_of_shards(tmp_path: Path, bright: NDArray[Any], leading: tuple[int, ...]) -> None:
    """Pieces outside the image are in no shard and are not missed."""
    pixels = np.broadcast_to(bright, (*leading, *bright.shape)).copy()
    options = {"shards": (*leading, 16, 32), "chunks": (*((1,) * len(leading)), 8, 8)}
    path = write(tmp_path / "a.zarr", pixels, **options)
    assert not any("chunks" in text for text in read(path).warnings)
    pixels[..., :8, 8:24] = 0
    path = write(tmp_path / "b.zarr", pixels, **options)
    assert any("2 of 15 chunks" in text for text in read(path).warnings)
    pieces(path)[0].unlink()
    assert any("8 of 15 chunks" in text for text in read(path).warnings)


def test_sparse_shard_index_at_the_start(tmp_path: Path, bright: NDArray[Any]) -> None:
    path = write(tmp_path / "a.zarr", bright, shards={"shape": (16, 32), "index_location": "start"}, chunks=(8, 8))
    assert read(path).warnings == ()
    assert np.array_equal(read(path).pixels, bright)


def test_numeric_codecs_are_read(tmp_path: Path, bright: NDArray[Any]) -> None:
    for number, codec in enumerate((BloscCodec(), GzipCodec(), ZstdCodec(), ZstdCodec(checksum=True), None)):
        path = write(tmp_path / f"{number}.zarr", bright, compressors=codec, filters=[TransposeCodec(order=(1, 0))])
        assert np.array_equal(read(path).pixels, bright)
    compressors = (numcodecs.Blosc(), numcodecs.GZip(), numcodecs.Zlib(), numcodecs.Zstd(), numcodecs.LZ4(), None)
    for number, packer in enumerate(compressors):
        path = write(
            tmp_path / f"v2-{number}.zarr",
            bright,
            2,
            compressors=packer,
            filters=[numcodecs.Delta(dtype="u1"), numcodecs.Shuffle(1)],
        )
        assert np.array_equal(read(path).pixels, bright)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("codec", ["vlen-utf8", "vlen-bytes", "numcodecs.pickle", "numcodecs.bz2", "nonsense"])
def test_other_codecs_of_format_3_are_refused(tmp_path: Path, bright: NDArray[Any], codec: str) -> None:
    path = write(tmp_path / "a.zarr", bright)
    facts = json.loads((path / "zarr.json").read_text())
    for place in range(len(facts["codecs"])):
        changed = {**facts, "codecs": [*facts["codecs"]]}
        changed["codecs"][place] = {"name": codec}
        (path / "zarr.json").write_text(json.dumps(changed))
        with pytest.raises(ImageError, match="which is not for images"):
            read(path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "codec", ["vlen-utf8", "json2", "msgpack2", "pickle", "bz2", "lzma", "categorize", "n5_wrapper"]
)
@pytest.mark.parametrize("place", ["compressor", "filters"])
def test_other_codecs_of_format_2_are_refused(tmp_path: Path, bright: NDArray[Any], codec: str, place: str) -> None:
    path = write(tmp_path / "a.zarr", bright, 2)
    facts = json.loads((path / ".zarray").read_text())
    facts[place] = {"id": codec} if place == "compressor" else [{"id": codec}]
    (path / ".zarray").write_text(json.dumps(facts))
    with pytest.raises(ImageError, match="which is not for images"):
        read(path)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_texts_and_objects_are_refused(tmp_path: Path, bright: NDArray[Any], zarr_format: int) -> None:
    path = write(tmp_path / "a.zarr", bright, zarr_format)
    file, key = (path / ".zarray", "dtype") if zarr_format == 2 else (path / "zarr.json", "data_type")
    for kind in ("|O", "<U8", [["a", "<i4"]]) if zarr_format == 2 else ("string", "r16", {"name": "numpy.datetime64"}):
        facts = json.loads(file.read_text())
        facts[key] = kind
        file.write_text(json.dumps(facts))
        with pytest.raises(ImageError):
            read(path)


def zstd_without_size(data: bytes) -> bytes:
    """A frame as streams are written: the first block type RLE repeats one byte."""
    blocks = b""
    for start in range(0, len(data), 2**17):
        part = data[start : start + 2**17]
        last = start + 2**17 >= len(data)
        blocks += struct.pack("<I", len(part) << 3 | 1 << 1 | last)[:3] + part[:1]
    return b"\x28\xb5\x2f\xfd" + b"\x00\x58" + blocks


def test_chunks_that_unpack_to_too_much(tmp_path: Path) -> None:
    flat = np.full((16, 16), 7, "u1")
    path = write(tmp_path / "a.zarr", flat, compressors=ZstdCodec())
    piece = pieces(path)[0]
    piece.write_bytes(zstd_without_size(flat.tobytes()))
    assert np.array_equal(read(path).pixels, flat)
    piece.write_bytes(zstd_without_size(bytes(10_000_000)))
    with pytest.raises(ImageError, match="unpack to"):
        read(path)
    path = write(tmp_path / "b.zarr", flat, compressors=BloscCodec())
    data = bytearray(pieces(path)[0].read_bytes())
    struct.pack_into("<I", data, 4, 2_000_000_000)
    pieces(path)[0].write_bytes(data)
    with pytest.raises(ImageError, match="unpack to 2,000,000,000"):
        read(path)


def packed_zeros(packer: str, size: int) -> bytes:
    codec = {"gzip": numcodecs.GZip(9), "zlib": numcodecs.Zlib(9), "lz4": numcodecs.LZ4(), "zstd": numcodecs.Zstd()}
    codec |= {"blosc": numcodecs.Blosc()}
    return bytes(codec[packer].encode(np.zeros(size, "u1")))


@pytest.mark.parametrize("packer", ["gzip", "zlib", "lz4", "zstd", "blosc", "none"])
@pytest.mark.parametrize("form", ["2", "3", "shards"])
def test_every_packer_is_held_to_what_the_chunk_has(tmp_path: Path, packer: str, form: str) -> None:
    flat = np.full((16, 16), 7, "u1")
    options: dict[str, Any] = {"shards": (16, 16), "chunks": (8, 8)} if form == "shards" else {}
    path = write(tmp_path / "a.zarr", flat, 2 if form == "2" else 3, compressors=None, **options)
    if packer != "none":
        file = path / (".zarray" if form == "2" else "zarr.json")
        facts = json.loads(file.read_text())
        if form == "2":
            facts["compressor"] = {"id": packer}
        else:
            shard = facts["codecs"][0].get("configuration", {})
            codecs = shard["codecs"] if form == "shards" else facts["codecs"]
            codecs.append({"name": f"numcodecs.{packer}", "configuration": {}})
        file.write_text(json.dumps(facts))
    bomb = packed_zeros(packer, 9_000_000) if packer != "none" else bytes(9_000_000)
    data = pieces(path)[0].read_bytes()
    if form == "shards":
        index = np.array([[0, len(bomb)]] * 4, "<u8").tobytes()
        bomb += index + struct.pack("<I", google_crc32c.value(index))
    assert len(data) < 2**16
    pieces(path)[0].write_bytes(bomb)
    with pytest.raises(ImageError, match="unpack to"):
        read(path)


def test_packed_noise_and_members_of_gzip_are_read(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    path = write(tmp_path / "a.zarr", noise, compressors=GzipCodec(), chunks=(64, 64))
    members = packed_zeros("gzip", 0)
    for part in np.split(noise.ravel(), 2):
        members += bytes(numcodecs.GZip().encode(part))
    pieces(path)[0].write_bytes(members)
    assert np.array_equal(read(path).pixels, noise)


@pytest.mark.parametrize(
    "filters",
    [
        [{"id": "packbits"}] * 2,
        [{"id": "astype", "encode_dtype": "|S1000000", "decode_dtype": "|u1"}],
        [{"id": "fixedscaleoffset", "offset": 0, "scale": 1, "dtype": "|S1000000", "astype": "|u1"}],
    ],
)
def test_filters_that_make_more_and_more(tmp_path: Path, bright: NDArray[Any], filters: list[Any]) -> None:
    path = write(tmp_path / "a.zarr", bright, 2)
    facts = json.loads((path / ".zarray").read_text())
    (path / ".zarray").write_text(json.dumps({**facts, "filters": filters}))
    with pytest.raises(ImageError, match=r"packed 2 times|numbers are wanted"):
        read(path)


def test_shards_whose_index_can_not_be_looked_at(tmp_path: Path, bright: NDArray[Any]) -> None:
    path = write(tmp_path / "a.zarr", bright, shards=(16, 32), chunks=(8, 8))
    facts = json.loads((path / "zarr.json").read_text())
    for place in ("codecs", "index_codecs"):
        changed = json.loads(json.dumps(facts))
        holder = changed if place == "codecs" else changed["codecs"][0]["configuration"]
        holder[place].append({"name": "gzip", "configuration": {"level": 1}})
        (path / "zarr.json").write_text(json.dumps(changed))
        with pytest.raises(ImageError, match="shards"):
            read(path)
    index = facts["codecs"][0]["configuration"]["index_codecs"]
    index[:] = [{"name": "bytes", "configuration": {"endian": "big"}}]
    (path / "zarr.json").write_text(json.dumps(facts))
    for piece in pieces(path):
        data = piece.read_bytes()[:-4]
        piece.write_bytes(data[:-128] + np.frombuffer(data[-128:], "<u8").astype(">u8").tobytes())
    assert np.array_equal(read(path).pixels, bright)


def test_large_claims_of_small_files(tmp_path: Path) -> None:
    array = zarr.create_array(
        str(tmp_path / "a.zarr"), shape=(30_000, 30_000), dtype="u2", chunks=(1000, 1000), serializer=BytesCodec()
    )
    array[:10, :10] = 1
    with pytest.raises(ImageError, match="can't hold"):
        read(tmp_path / "a.zarr")
    zarr.create_array(str(tmp_path / "b.zarr"), shape=(30_000, 30_000), dtype="u2", chunks=(1, 1))
    with pytest.raises(ImageError, match="in larger ones"):
        read(tmp_path / "b.zarr")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["c/0/0", "zarr.json"])
def test_pipes_in_the_folder(tmp_path: Path, bright: NDArray[Any], name: str) -> None:
    path = write(tmp_path / "a.zarr", bright)
    (path / name).unlink()
    os.mkfifo(path / name)
    with pytest.raises(ImageError):
        read(path)


@pytest.mark.timeout(20)
def test_pipes_and_devices_are_no_images(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    for path in (tmp_path / "a.png", Path("/dev/null"), Path("/dev/zero")):
        with pytest.raises(ImageError, match="pipe or a device"):
            read(path)


def test_codecs_of_numcodecs_in_format_3(tmp_path: Path, bright: NDArray[Any]) -> None:
    path = write(tmp_path / "a.zarr", bright, compressors=None)
    facts = json.loads((path / "zarr.json").read_text())
    facts["codecs"].append({"name": "numcodecs.lz4", "configuration": {"acceleration": 1}})
    (path / "zarr.json").write_text(json.dumps(facts))
    for piece in pieces(path):
        piece.write_bytes(numcodecs.LZ4().encode(piece.read_bytes()))
    image = read(path)
    assert np.array_equal(image.pixels, bright)
    assert image.warnings == ()
