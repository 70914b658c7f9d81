"""What goes through the pipes between a guard and its child: pickles, with the bytes of arrays beside them."""

import pickle
import struct
import warnings
from dataclasses import dataclass
from typing import IO, Any

Frame = list[memoryview]
"""A pickle, and the buffers of its arrays."""

_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True)
class Terms:
    """What goes before a call: its limits, and the folder that relative paths start from (empty: there is none)."""

    seconds: float
    memory_bytes: int
    folder: str


@dataclass(frozen=True, eq=False)
class Reply:
    """What came of a call in the child; warnings as text, category, file and line."""

    value: Any = None
    error: Exception | None = None
    warnings: tuple[tuple[str, type[Warning], str, int], ...] = ()

    def result(self) -> Any:
        """The value; warnings are given again, and an error is raised."""
        for message, category, file, line in self.warnings:
            warnings.warn_explicit(message, category, file, line)
        if self.error is not None:
            raise self.error
        return self.value


def pickled(content: Any) -> Frame:
    """Anything as a frame; arrays are not copied."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(content, protocol=5, buffer_callback=buffers.append)
    return [memoryview(head), *(buffer.raw() for buffer in buffers)]


def unpickled(frame: Frame) -> Any:
    """What was made a frame; arrays keep its memory."""
    return pickle.loads(frame[0], buffers=frame[1:])  # noqa: S301


def send(stream: IO[bytes], frame: Frame) -> None:
    """Write the number of parts, their lengths, and the parts."""
    stream.write(b"".join(_LENGTH.pack(number) for number in (len(frame), *(part.nbytes for part in frame))))
    for part in frame:
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> Frame:
    """Read the next frame.

    Raises:
        EOFError: where the other side is gone.
    """
    (count,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    lengths = [_LENGTH.unpack(_exactly(stream, _LENGTH.size))[0] for _ in range(count)]
    return [_exactly(stream, length) for length in lengths]


def _exactly(stream: Any, count: int) -> memoryview:
    whole = memoryview(bytearray(count))
    done = 0
    while done < count:
        got = stream.readinto(whole[done:])
        if not got:
            raise EOFError
        done += got
    return whole
