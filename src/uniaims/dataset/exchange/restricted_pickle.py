"""NumPy files of pickled objects, read without letting them run code: arrays and plain values only."""

import pickle
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar

import numpy as np
from numpy.lib import format as npy

from uniaims.errors import InputError

_ARRAY_MODULES = ("numpy._core.multiarray", "numpy.core.multiarray")
_NUMERIC_MODULES = ("numpy._core.numeric", "numpy.core.numeric")


def read_object(path: Path) -> Any:
    """The object in a ``.npy`` file: containers, numbers, texts and NumPy arrays.

    Raises:
        InputError: if it names anything else: a pickle can run any code when it is read as usual.
    """
    with path.open("rb") as stream:
        try:
            version = npy.read_magic(stream)
            reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = reader(stream)
            if dtype != np.dtype(object) or shape != ():
                raise InputError(f"{path} holds an array {shape} of {dtype}: wanted one object. Is it a _seg.npy file?")
            return np.asarray(_Reader(stream).load(), object).item()
        except (ValueError, EOFError, pickle.UnpicklingError, AttributeError, IndexError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{path} can't be read without running foreign code, or is damaged ({error}).") from error


_SET_STATE: Any = pickle._Unpickler.dispatch[pickle.BUILD[0]]


class _Reader(pickle._Unpickler):
    """Gives what arrays are made of, and refuses every other name, and element types that are not what they seem.

    It is the reader in plain Python, as only that one lets us see what a state is before an object takes it.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    stack: list[Any]

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="latin1")

    def load_build(self) -> None:
        """Set the state of an object."""
        state, built = self.stack[-1], self.stack[-2]
        if isinstance(built, np.dtype):
            _check_element_type(built, state)
        _SET_STATE(self)

    dispatch[pickle.BUILD[0]] = load_build

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle stands for."""
        allowed = _allowed()
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return allowed[module, name]


def _allowed() -> dict[tuple[str, str], Any]:
    reconstruct, scalar = np.zeros(0).__reduce__()[0], np.float64(0).__reduce__()[0]
    names: dict[tuple[str, str], Any] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _encoded,
        ("pathlib", "PosixPath"): PurePosixPath,
        ("pathlib", "WindowsPath"): PurePosixPath,
        ("pathlib", "PurePosixPath"): PurePosixPath,
    }
    names |= {(module, "_reconstruct"): reconstruct for module in _ARRAY_MODULES}
    names |= {(module, "scalar"): scalar for module in _ARRAY_MODULES}
    names |= {(module, "_frombuffer"): _from_buffer for module in _NUMERIC_MODULES}
    return names


def _check_element_type(dtype: np.dtype[Any], state: Any) -> None:
    """Refuse fields, and flags that make an array take bytes for the addresses of objects."""
    plain = isinstance(state, tuple) and 7 <= len(state) <= 8 and state[2:5] == (None, None, None)
    if not plain or state[7:] not in {(), (np.dtype(dtype.str).flags,)}:
        raise pickle.UnpicklingError(f"it holds elements of the kind {dtype} with the state {state!r:.60}")


def _encoded(text: str, encoding: str) -> bytes:
    """Old pickles hold bytes as Latin-1 text; no other coding is needed."""
    if encoding not in {"latin1", "latin-1"}:
        raise pickle.UnpicklingError(f"it asks for the coding {encoding!r}")
    return text.encode("latin-1")


def _from_buffer(buffer: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(buffer, dtype).reshape(shape, order="F" if order == "F" else "C")
