"""Mutations: of bytes, of the integers that formats keep counts and offsets in, of PNG chunks, zips and texts."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

Rng = np.random.Generator

MOST_BYTES = 2**20
HUGE_NUMBERS = ("1e308", "1e19", "-1", "9223372036854775808", "NaN", "Infinity", "1e999", "0", "-1e300", "4294967296",
                "100000", "0.5", "true", "null", '"7"', "[]", "1,5")  # fmt: skip
INTEGERS = (0, 1, -1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**40, 2**63 - 1)
ENCODINGS = ("utf-16", "utf-16-le", "latin-1", "gb18030", "shift-jis", "utf-8-sig", "utf-32")
TEXT_SUFFIXES = {".json", ".xml", ".txt", ".csv", ".yaml", ".geojson", ".zattrs", ".zgroup", ".zarray"}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def mutate(path: Path, rng: Rng) -> str:
    """Change a file, or one file of a folder, in place; gives what was done."""
    victim = path
    if path.is_dir():
        files = sorted(place for place in path.rglob("*") if place.is_file())
        texts = [place for place in files if is_text(place)]
        chosen = texts if texts and rng.random() < 0.7 else files
        victim = chosen[rng.integers(len(chosen))]
        if rng.random() < 0.02:
            victim.unlink()
            return f"{victim.name}: removed"
    done = []
    data = victim.read_bytes()
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        change = _changes_for(victim, data)[rng.integers(len(_changes_for(victim, data)))]
        data = change(data, rng)[:MOST_BYTES]
        done.append(change.__name__)
    victim.write_bytes(data)
    return f"{victim.name}: {', '.join(done)}"


def is_text(path: Path) -> bool:
    """Whether a file is one of text."""
    return path.suffix.lower() in TEXT_SUFFIXES or path.name in TEXT_SUFFIXES


def _changes_for(path: Path, data: bytes) -> tuple[Callable[[bytes, Rng], bytes], ...]:
    if is_text(path):
        return TEXT_CHANGES
    if data.startswith(b"\x89PNG"):
        return PNG_CHANGES + BYTE_CHANGES[:3]
    if data.startswith(b"PK"):
        return (zip_member, zip_member, *BYTE_CHANGES)
    if data[:4] in {b"II*\0", b"MM\0*"}:
        return (tiff_tag, tiff_tag, tiff_loop, *BYTE_CHANGES)
    return BYTE_CHANGES


def flip_bits(data: bytes, rng: Rng) -> bytes:
    """Some bits anywhere."""
    content = bytearray(data)
    for _ in range(int(rng.integers(1, 9)) if content else 0):
        content[_place(len(content), rng)] ^= 1 << int(rng.integers(8))
    return bytes(content)


def truncate(data: bytes, rng: Rng) -> bytes:
    """The beginning alone."""
    return data[: int(rng.integers(len(data) + 1))]


def splice(data: bytes, rng: Rng) -> bytes:
    """A piece doubled, moved, or left out."""
    first, last = sorted(int(value) for value in rng.integers(len(data) + 1, size=2))
    piece = data[first : min(last, first + 4096)]
    place = int(rng.integers(len(data) + 1))
    kept = data if rng.random() < 0.6 else data[:first] + data[last:]
    return kept[:place] + piece * int(rng.choice([0, 1, 2, 50])) + kept[place:]


def set_integer(data: bytes, rng: Rng) -> bytes:
    """A count, size or offset as none should be; most often near the beginning."""
    content, form = bytearray(data), str(rng.choice(["<H", ">H", "<I", ">I", "<Q", ">Q", "<d", ">d"]))
    size = struct.calcsize(form)
    if len(content) < size:
        return data
    place = min(_place(len(content), rng) // 2 * 2, len(content) - size)
    if form[1] == "d":
        struct.pack_into(form, content, place, float(rng.choice([0.0, -1.0, 1e308, np.nan, np.inf, 1e-320])))
        return bytes(content)
    value = INTEGERS[rng.integers(len(INTEGERS))] if rng.random() < 0.7 else int(rng.integers(len(content)))
    struct.pack_into(form, content, place, value % 2 ** (8 * size))
    return bytes(content)


def point_back(data: bytes, rng: Rng) -> bytes:
    """An offset, somewhere, to itself or to what stands before it."""
    content, form = bytearray(data), str(rng.choice(["<I", ">I", "<Q", ">Q"]))
    place = _place(len(content), rng) // 4 * 4
    if place + struct.calcsize(form) <= len(content):
        struct.pack_into(form, content, place, int(rng.integers(place + 1)) // 2 * 2 if rng.random() < 0.5 else place)
    return bytes(content)


def _place(count: int, rng: Rng) -> int:
    """Half of the changes hit the first bytes, where the headers are."""
    return int(rng.integers(min(count, 400) if rng.random() < 0.5 else count))


def tiff_tag(data: bytes, rng: Rng) -> bytes:
    """Kind, count or value of a tag in the first directory of a classic TIFF."""
    order = "<" if data[:2] == b"II" else ">"
    content = bytearray(data)
    if len(content) < 8:
        return data
    (start,) = struct.unpack_from(f"{order}I", content, 4)
    if start + 2 > len(content):
        return data
    (count,) = struct.unpack_from(f"{order}H", content, start)
    entry = start + 2 + 12 * int(rng.integers(max(1, count)))
    if entry + 12 > len(content):
        return data
    value = INTEGERS[rng.integers(len(INTEGERS))]
    field, form = [(0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I"), (8, "H")][rng.integers(6)]
    if field == 2:
        value = int(rng.integers(20))
    struct.pack_into(f"{order}{form}", content, entry + field, value % (2**16 if form == "H" else 2**32))
    return bytes(content)


def tiff_loop(data: bytes, rng: Rng) -> bytes:
    """A next directory that is the same, one that has been, or one without tags that points to itself."""
    order = "<" if data[:2] == b"II" else ">"
    content = bytearray(data)
    if len(content) < 8:
        return data
    (start,) = struct.unpack_from(f"{order}I", content, 4)
    if start + 2 > len(content):
        return data
    (count,) = struct.unpack_from(f"{order}H", content, start)
    link = start + 2 + 12 * count
    if link + 4 > len(content):
        return data
    end = len(content) + len(content) % 2
    to = [start, end, int(rng.integers(len(content))) // 2 * 2][rng.integers(3)]
    struct.pack_into(f"{order}I", content, link, to)
    if to == end:
        content += bytes(end - len(content)) + struct.pack(f"{order}HI", 0, end)
    return bytes(content)


def png_chunk(data: bytes, rng: Rng) -> bytes:
    """The content of a chunk, with the checksum that belongs to it."""
    chunks = _png_chunks(data)
    if not chunks:
        return flip_bits(data, rng)
    number = int(rng.integers(len(chunks)))
    name, content = chunks[number]
    change = [flip_bits, set_integer, truncate, splice][rng.integers(4)]
    if name == b"IDAT" and rng.random() < 0.5:
        chunks[number] = (name, zlib.compress(change(_inflated(content), rng)))
    else:
        chunks[number] = (name, change(content, rng))
    return _png(chunks)


def png_size(data: bytes, rng: Rng) -> bytes:
    """Another size, depth or colour in a header that is sound otherwise."""
    chunks = _png_chunks(data)
    if not chunks or len(chunks[0][1]) < 13:
        return flip_bits(data, rng)
    header = bytearray(chunks[0][1])
    if rng.random() < 0.6:
        side = int(rng.choice([0, 1, 39, 400, 65535, 10**6, 2**31 - 1]))
        struct.pack_into(">I", header, int(rng.choice([0, 4])), side)
    else:
        header[int(rng.integers(8, 13))] = int(rng.choice([0, 1, 2, 3, 4, 6, 8, 16, 255]))
    return _png([(chunks[0][0], bytes(header)), *chunks[1:]])


def png_order(data: bytes, rng: Rng) -> bytes:
    """Chunks doubled, changed in order, or left out."""
    chunks = _png_chunks(data)
    if not chunks:
        return flip_bits(data, rng)
    number, place = (int(value) for value in rng.integers(len(chunks), size=2))
    moved = chunks[number]
    if rng.random() < 0.5:
        del chunks[number]
    chunks[place:place] = [moved] * int(rng.choice([0, 1, 1000]))
    return _png(chunks)


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return chunks


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def zip_member(data: bytes, rng: Rng) -> bytes:
    """The content of a member, packed again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, ValueError, OSError, RuntimeError):
        return flip_bits(data, rng)
    packed = io.BytesIO()
    chosen = int(rng.integers(max(1, len(members))))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members):
            change = BYTE_CHANGES[rng.integers(len(BYTE_CHANGES))]
            archive.writestr(name, change(content, rng) if number == chosen else content)
    return packed.getvalue()


def other_number(data: bytes, rng: Rng) -> bytes:
    """A number that nobody means."""
    text = data.decode("utf-8", "replace")
    numbers = list(_NUMBER.finditer(text))
    if not numbers:
        return flip_bits(data, rng)
    found = numbers[rng.integers(len(numbers))]
    new = HUGE_NUMBERS[rng.integers(len(HUGE_NUMBERS))]
    return (text[: found.start()] + new + text[found.end() :]).encode()


def other_encoding(data: bytes, rng: Rng) -> bytes:
    """The same text in an encoding that other programs write."""
    text = data.decode("utf-8", "replace")
    return text.encode(ENCODINGS[rng.integers(len(ENCODINGS))], "replace")


def nest(data: bytes, rng: Rng) -> bytes:
    """Brackets or elements so deep that nobody means it."""
    place, depth = int(rng.integers(len(data) + 1)), int(rng.choice([10, 1000, 100_000]))
    opening, closing = [(b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"- ", b""), (b"'", b"'")][rng.integers(5)]
    return data[:place] + opening * depth + closing * (depth if rng.random() < 0.7 else 0) + data[place:]


def other_text(data: bytes, rng: Rng) -> bytes:
    """A quoted text, or a word, replaced."""
    text = data.decode("utf-8", "replace")
    words = list(re.finditer(r'"[^"]*"|[A-Za-z_]{3,}', text))
    if not words:
        return flip_bits(data, rng)
    found = words[rng.integers(len(words))]
    others = ['""', "null", '"../../a.png"', '"' + "x" * 70_000 + '"', '"\\ud800"', '"\\u0000"', "{}", "[]", '"1"',
              words[rng.integers(len(words))].group()]  # fmt: skip
    return (text[: found.start()] + others[rng.integers(len(others))] + text[found.end() :]).encode("utf-8", "replace")


def lines(data: bytes, rng: Rng) -> bytes:
    """A line doubled, moved or left out."""
    rows = data.splitlines(keepends=True) or [b""]
    number, place = (int(value) for value in rng.integers(len(rows), size=2))
    row = rows[number]
    if rng.random() < 0.5:
        del rows[number]
    rows[place:place] = [row] * int(rng.choice([0, 1, 200]))
    return b"".join(rows)


BYTE_CHANGES = (flip_bits, truncate, splice, set_integer, set_integer, point_back)
PNG_CHANGES = (png_chunk, png_chunk, png_size, png_order)
TEXT_CHANGES = (other_number, other_number, other_text, other_text, other_encoding, nest, lines, flip_bits, truncate)
