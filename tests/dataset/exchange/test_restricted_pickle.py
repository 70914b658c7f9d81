"""Pickles of strangers: arrays come out, nothing is run."""

import os
import pickle
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy

from uniaims.dataset.exchange.restricted_pickle import read_object
from uniaims.errors import InputError

from .pickles import CELLPOSE, save


class Attack:
    """Runs a command when it is unpickled."""

    def __init__(self, call: Any, *arguments: Any) -> None:
        self.call, self.arguments = call, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call, self.arguments


def test_arrays_and_plain_values_are_read(tmp_path: Path) -> None:
    content = {
        "masks": np.arange(12, dtype=np.uint16).reshape(3, 4),
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "flows": [np.zeros((1, 2), np.float32), None, np.array([[1], "x"], object)],
        "filename": "a.png",
        "diameter": np.float64(30.5),
        "flag": np.bool_(True),
        "deep": {"a": (1, 2.5, b"bytes", {3})},
        "path": PurePosixPath("/x/y"),
    }
    found = read_object(save(tmp_path / "a.npy", content))
    assert np.array_equal(found["masks"], content["masks"])
    assert np.array_equal(found["turned"], content["turned"])
    assert found["deep"] == content["deep"]
    assert (found["diameter"], found["flag"], found["flows"][2][1]) == (30.5, True, "x")


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_is_read(protocol: int, tmp_path: Path) -> None:
    path = save(tmp_path / "a.npy", {})
    header = path.read_bytes()[:128]
    content = np.array({"masks": np.arange(6).reshape(2, 3), "text": "ä", "bytes": b"\xff"}, object)
    path.write_bytes(header + pickle.dumps(content, protocol))
    assert read_object(path)["masks"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert read_object(path)["bytes"] == b"\xff"


@pytest.mark.parametrize(
    "call",
    [
        Attack(os.system, "touch hacked"),
        Attack(eval, "1"),
        Attack(getattr, "text", "upper"),
        Attack(np.load, "x"),
        Attack(np.fromfile, "/etc/passwd"),
        Attack(open, "hacked", "w"),
        Attack(bytearray, 10**12),
    ],
    ids=["system", "eval", "getattr", "load", "fromfile", "open", "bytearray"],
)
def test_foreign_names_are_refused(call: Attack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path / "a_seg.npy", {"masks": call})
    with pytest.raises(InputError, match=r"a_seg\.npy can't be read without running foreign code"):
        list(CELLPOSE.read(path))
    assert not (tmp_path / "hacked").exists()


def test_bytes_that_claim_to_be_addresses_of_objects_are_refused(tmp_path):
    """Read as usual, the array crashes the program as soon as one looks at it."""
    state = (3, "|", None, None, None, -1, -1, 0)

    class Element:
        def __reduce__(self) -> tuple[Any, ...]:
            return np.dtype, ("O8", False, True), state

    class Array:
        def __reduce__(self) -> tuple[Any, ...]:
            build = np.zeros(0).__reduce__()[0]
            return build, (np.ndarray, (0,), b"b"), (1, (4,), Element(), False, b"\x41" * 32)

    with (tmp_path / "a_seg.npy").open("wb") as stream:
        npy.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
        pickle.dump({"masks": Array()}, stream, protocol=3)
    with pytest.raises(InputError, match="elements of the kind object"):
        read_object(tmp_path / "a_seg.npy")
