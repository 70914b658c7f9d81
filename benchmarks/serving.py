"""`uniaims serve` in a process of its own, as the benchmarks of the server start it, sign in to it, and kill it."""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uniaims import Client

LONGEST_START_S = 300


@dataclass(frozen=True)
class Server:
    """A server that runs, and a client that is signed in."""

    process: "subprocess.Popen[str]"
    client: Client

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """The answer to a request that must be granted."""
        return self.client.request(method, path, json=body).json()

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has used, without its children."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def started(data: Path, *words: str) -> Server:
    """A server of a data folder, which answers; whoever starts it ends it."""
    command = [sys.executable, "-m", "uniaims", "serve", "--data", str(data), "--port", "0", "--no-open", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "#/start?token=" in line:
            return Server(process, Client(line.strip()))
    raise RuntimeError(f"the server ended with {process.wait()} and gave no link.")


@contextmanager
def served(data: Path, *words: str) -> Iterator[Server]:
    """A server that is ready, everything compiled, and ended afterwards."""
    server = started(data, *words)
    try:
        end = time.monotonic() + LONGEST_START_S
        while not server.json("GET", "ready")["ready"]:
            assert time.monotonic() < end, "the server does not get ready"
            time.sleep(0.1)
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def painting(edit_id: str, patch: bytes, touched: Mapping[int, int], new: Mapping[int, int] = {}) -> dict[str, Any]:
    """An edit as pages send it: instances that it touches with what was seen of them, new ones with their kinds."""
    return {
        "edit_id": edit_id,
        "kind": "paint",
        "tool": "brush",
        "patch": base64.b64encode(patch).decode(),
        "touched": [{"number": number, "seen": seen} for number, seen in touched.items()],
        "new": [{"number": number, "kind": kind} for number, kind in new.items()],
    }
