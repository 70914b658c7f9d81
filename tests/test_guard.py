"""The guarded child: results as without it, and an error in place of a hang, a crash or a full memory."""

import ctypes
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from uniaims.errors import ImageError, SettingsError
from uniaims.guard import Guard, Limits, guarded
from uniaims.guard.watch import free_bytes, resident_bytes, resident_bytes_by_ps

MANY_STEPS = (r"(a+)+$", "a" * 64 + "b")
"""`re.match` takes longer than the universe is old for these, and lets no other Python code run meanwhile."""


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


@pytest.fixture
def strict() -> Iterator[Guard]:
    guard = Guard(Limits(seconds=1.5, memory_bytes=2**30))
    yield guard
    guard.close()


def test_a_call_gives_what_the_function_gives(guard: Guard) -> None:
    values = np.arange(12, dtype=">i2").reshape(3, 4)
    back = guard.call(np.copy, values, about="values")
    assert np.array_equal(back, values)
    assert back.dtype == values.dtype
    back[0, 0] = 7  # it may be written to, as an array of one's own
    assert guard.call(np.asfortranarray, np.ones((5, 6)), about="values").flags.f_contiguous
    assert guard.call(np.zeros, (0, 3), about="values").shape == (0, 3)


def test_the_child_stays_and_is_another_process(guard: Guard) -> None:
    first = guard.call(os.getpid, about="it")
    assert first == guard.pid
    assert first != os.getpid()
    assert guard.call(os.getpid, about="it") == first


def test_paths_start_where_the_caller_is(guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guard.start()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.npy").touch()
    assert guard.call(os.path.exists, "a.npy", about="a.npy")


def test_exceptions_come_back(guard: Guard) -> None:
    with pytest.raises(SettingsError, match=r"^no good$"):
        guard.call(exec, "from uniaims.errors import SettingsError\nraise SettingsError('no good')", about="it")
    with pytest.raises(ZeroDivisionError) as caught:
        guard.call(divmod, 1, 0, about="it")
    assert "in _answer" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Odd: lambda"):  # that no pickle takes
        guard.call(exec, "class Odd(Exception): pass\nraise Odd('lambda')", about="it")
    with pytest.raises(Exception, match="pickle"):  # nor this result
        guard.call(eval, "lambda: 0", about="it")
    assert guard.call(abs, -1, about="it") == 1


def test_warnings_come_back_and_prints_do_not_disturb(guard: Guard) -> None:
    with pytest.warns(UserWarning, match="look out"):
        guard.call(warnings.warn, "look out", about="it")
    guard.call(exec, "import os; print('x'); os.write(1, b'y' * 9999)", about="it")
    assert guard.call(abs, -1, about="it") == 1


@pytest.mark.parametrize("function, arguments", [(time.sleep, (60,)), (re.match, MANY_STEPS)])
def test_a_hang_is_stopped(strict: Guard, function: object, arguments: tuple[object, ...]) -> None:
    strict.call(abs, -1, about="it")
    started = time.monotonic()
    with pytest.raises(ImageError, match=r"^a\.tif: reading it took more than 2 s and was stopped.*export it again"):
        strict.call(function, *arguments, about="a.tif")  # type: ignore[arg-type]
    assert time.monotonic() - started < 10
    assert strict.call(abs, -1, about="it") == 1


def test_large_requests_have_more_time() -> None:
    assert Limits(10, 2).terms(3_000_000).seconds == 16
    guard = Guard(Limits(0.3, 3))
    guard.call(abs, -1, about="it")
    with pytest.raises(ImageError, match="took more than"):
        guard.call(time.sleep, 2, about="it")
    guard.call(abs, -1, about="it")
    guard.call(exec, "import time; time.sleep(2)", {"a": bytes(3_000_000)}, about="it")
    guard.close()


@pytest.mark.parametrize("call", [(ctypes.string_at, 0), (os.abort,), (os._exit, 3)])
def test_a_crash_costs_one_call(strict: Guard, call: tuple[object, ...]) -> None:
    before = strict.call(os.getpid, about="it")
    with pytest.raises(ImageError, match=r"^a\.tif: the process that read it died of it \((SIG|exit status 3)"):
        strict.call(*call, about="a.tif")  # type: ignore[arg-type]
    assert strict.call(os.getpid, about="it") != before


def test_damage_that_an_earlier_call_did_is_not_blamed_on_the_next(strict: Guard) -> None:
    code = "import os, sys\nif getattr(sys, 'damaged', False): os.abort()\nsys.damaged = True"
    strict.call(exec, code, about="first")
    strict.call(exec, code, about="second")  # dies in the old child, goes well in a fresh one


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't refuse memory to a process")
def test_memory_is_refused_above_the_limit(strict: Guard) -> None:
    with pytest.raises(MemoryError):
        strict.call(bytes, 2**31, about="a.tif")
    assert len(strict.call(bytes, 2**20, about="a.tif")) == 2**20


def test_memory_that_is_not_refused_is_watched() -> None:
    shared = "import mmap\nmemory = mmap.mmap(-1, 2**31)\nfor i in range(0, 2**31, 4096): memory[i] = 1"
    with pytest.raises(ImageError, match=r"^a\.tif: reading it took more memory than there is for it \(1\.1 GB\)"):
        Guard(Limits(60, memory_bytes=2**30)).call(exec, shared, about="a.tif")


def test_ctrl_c_ends_the_call_and_its_child(guard: Guard) -> None:
    before = guard.call(os.getpid, about="it")
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        guard.call(time.sleep, 60, about="it")
    timer.join()
    assert guard.call(os.getpid, about="it") != before


def test_threads_have_a_child_each() -> None:
    with ThreadPoolExecutor(2) as pool:
        started = time.monotonic()
        list(pool.map(lambda seconds: guarded(time.sleep, seconds, about="it"), [0.01] * 2))
        started = time.monotonic()
        list(pool.map(lambda seconds: guarded(time.sleep, seconds, about="it"), [1.0] * 2))
    assert time.monotonic() - started < 1.9


def test_worker_processes_have_one_too() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:  # whose workers may have no children of multiprocessing
        worker = pool.apply(os.getpid)
        assert pool.apply(guarded, (os.getppid,), {"about": "it"}) == worker


def test_inside_a_child_there_is_no_further_one(guard: Guard) -> None:
    assert guard.call(exec, _CALL_INSIDE, about="it") is None


_CALL_INSIDE = """
import os
from uniaims.guard import guarded
assert guarded(os.getpid, about="it") == os.getpid()
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(
    "call, at_most_s", [("os.getpid", 5), ("time.sleep, 60", 5), ("re.match, *MANY_STEPS", 20)], ids=str
)
def test_the_child_ends_with_its_parent(call: str, at_most_s: float) -> None:
    code = f"""
import os, re, sys, threading, time
from uniaims.guard import Guard, Limits
MANY_STEPS = {MANY_STEPS!r}
guard = Guard(Limits(seconds=3))
guard.call(os.getpid, about="it")
print(guard.pid, flush=True)
threading.Thread(target=lambda: guard.call({call}, about="it"), daemon=True).start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        time.sleep(0.5)
        parent.send_signal(signal.SIGKILL)
    _wait_for_end(child, at_most_s)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("ending", ["pass", "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", "os._exit(0)"])
def test_no_child_is_left_at_exit(ending: str) -> None:
    code = f"""
import os, signal, time
from uniaims.guard import guarded
print(guarded(os.getpid, about="it"), flush=True)
{ending}
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr
    _wait_for_end(int(done.stdout), 5)


def _wait_for_end(pid: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while _is_alive(pid):
        assert time.monotonic() < until, f"process {pid} is still there after {seconds} s"
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_memory_is_seen() -> None:
    held, free = resident_bytes(os.getpid()), free_bytes()
    assert 10**7 < held < 10**11
    assert resident_bytes_by_ps(os.getpid()) == pytest.approx(held, rel=0.2)
    assert 10**8 < free < 10**14
    assert resident_bytes(2**22 + 1) == 0
    assert Limits().terms(0).memory_bytes >= 2**30


def test_a_child_that_does_not_start_is_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="could not be started"):
        Guard(modules=["no_such_module"]).call(abs, -1, about="it")
