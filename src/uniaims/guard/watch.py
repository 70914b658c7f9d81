"""Time and memory of a process, watched from outside, so that nothing that it does can put off its end."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

Verdict = Literal["time", "memory", "crash"]

_LOOK_EVERY_S = 0.2
_MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class Watch:
    """Kills a process that takes more time or memory than it may, while the block lasts; `verdict` then says why."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float, memory_bytes: int) -> None:
        self.verdict: Verdict | None = None
        self._process = process
        self._seconds, self._memory_bytes = seconds, memory_bytes
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        deadline = time.monotonic() + self._seconds
        while not self._is_over.wait(max(0.0, min(_LOOK_EVERY_S, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                self.verdict = "time"
            elif resident_bytes(self._process.pid) > self._memory_bytes:
                self.verdict = "memory"
            if self.verdict:
                self._process.kill()
                return


def resident_bytes(pid: int) -> int:
    """Memory that a process holds; 0 where that can't be told."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resident_bytes_by_ps(pid)


def resident_bytes_by_ps(pid: int) -> int:
    """The same where there is no ``/proc``, as on macOS; 0 where ``ps`` is not there either."""
    try:
        told = subprocess.run(["/bin/ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True, timeout=10)  # noqa: S603
        return int(told.stdout) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def free_bytes() -> int:
    """Memory that could be had now, of this machine and of the container around this process."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else sys.maxsize
    for place in _MEMORY_LIMITS:
        with suppress(OSError, ValueError):  # there is none, or it says "max"
            free = min(free, int(place.read_text("ascii")))
    return free
