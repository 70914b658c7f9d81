"""Children that hang, crash, stop and end."""

import ctypes
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from uniaims.errors import ImageError
from uniaims.guard import Guard, guarded

MANY_STEPS = (r"(a+)+$", "a" * 64 + "b")
"""`re.match` takes longer than the universe is old for these, and lets no other Python code run meanwhile."""


@pytest.mark.parametrize("function, arguments", [(time.sleep, (60,)), (re.match, MANY_STEPS)])
def test_a_hang_is_stopped(strict: Guard, function: object, arguments: tuple[object, ...]) -> None:
    strict.call(abs, -1, about="it")
    started = time.monotonic()
    with pytest.raises(ImageError, match=r"^a\.tif: reading it took more than 2 s and was stopped.*export it again"):
        strict.call(function, *arguments, about="a.tif")  # type: ignore[arg-type]
    assert time.monotonic() - started < 10
    assert strict.call(abs, -1, about="it") == 1


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


def test_a_child_that_does_not_start_is_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="could not be started"):
        Guard(modules=["no_such_module"]).call(abs, -1, about="it")
