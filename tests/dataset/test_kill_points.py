"""Import, merge, split and export killed before and after renamings from the first to the last, then repeated."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from uniaims.atomic.claims import sweep_once
from uniaims.dataset import Dataset
from uniaims.dataset.transfer import ImportSettings, import_sources

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

KILLING = """
import json, os, shutil, signal, sys
from pathlib import Path
import numba, polars, tifffile, zarr, imagecodecs.imagecodecs  # once here instead of once in each process
from uniaims.cli import main
from uniaims.dataset import store
import uniaims.dataset.exchange, uniaims.dataset.merging, uniaims.dataset.splits, uniaims.dataset.transfer
import uniaims.guard

uniaims.guard.inside = True  # each of these short-lived processes would start a child of its own

MOMENTS = 7
start, places, arguments = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
store.IMAGES_IN_A_STEP = 2

def counted(rename, seen):
    def renamed(*paths, **how):
        ours = str(places) in str(paths[0])  # and not the cache of a kernel that is compiled just then
        seen(ours)
        done = rename(*paths, **how)
        seen(ours)
        return done
    return renamed

def run(place, kill_at=0):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        count = 0
        def seen(more):
            nonlocal count
            count += more
            if more and count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        os.rename, os.replace = counted(os.rename, seen), counted(os.replace, seen)
        code = main([*arguments, str(place / "out")])
        os.write(writing, str(count).encode())
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(writing)
    with os.fdopen(reading) as stream:
        return code, int(stream.read() or 0)

def prepared(name):
    return Path(shutil.copytree(start, places / name))

moments = run(prepared("whole"))[1]
codes = {}
for kill_at in sorted({1 + round(i * (moments - 1) / (MOMENTS - 1)) for i in range(MOMENTS)}):
    place = prepared(str(kill_at))
    killed = run(place, kill_at)[0]
    makes_new = arguments[1] in {"merge", "export"} and (place / "out").exists()
    codes[kill_at] = killed, 0 if makes_new else run(place)[0]
print(json.dumps(codes))
"""


def facts(folder: Path) -> str:
    """All that a folder holds, whatever the numbers of the parts of a dataset."""
    if not (folder / "dataset.json").exists():
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return repr([(str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).digest()) for path in files])
    dataset = Dataset.open(folder)
    spare = len(list((folder / "instances").iterdir())) - len(dataset.shards)
    entries = [(repr(e.record), e.instances.encoded(), Path(str(e.image)).read_bytes()) for e in dataset.entries()]
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.name.startswith("part-"))
    return repr((entries, spare, files, [dataset.ignored(name) is not None for name in dataset.image_ids]))


@pytest.mark.parametrize("name", ["import", "merge", "split", "export"])
def test_killed_at_a_renaming(tmp_path: Path, plain_folder: Path, name: str) -> None:
    (plain_folder / "ignore").mkdir()
    shutil.copy(plain_folder / "masks" / "b.png", plain_folder / "ignore" / "b.png")
    for each in ("one", "two", "start/out"):
        import_sources([plain_folder], tmp_path / each, ImportSettings())
    start = tmp_path / "start"
    if name != "split":
        shutil.rmtree(start / "out")
    given = {
        "import": [str(plain_folder), "--output"],
        "merge": [str(tmp_path / "one"), str(tmp_path / "two"), "--output"],
        "export": [str(tmp_path / "one"), "--format", "folder", "--output"],
        "split": ["--fractions", "1", "0", "0"],
    }
    command = [sys.executable, "-c", KILLING, str(start), str(tmp_path / "places"), "dataset", name, *given[name]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    codes = json.loads(done.stdout.splitlines()[-1])
    assert codes
    assert set(map(tuple, codes.values())) == {(-9, 0)}, done.stderr
    wanted = facts(tmp_path / "places" / "whole" / "out")
    for place in (tmp_path / "places").iterdir():
        assert facts(place / "out") == wanted, place.name
        if name in {"merge", "export"}:  # killed at its very end it is not repeated: whoever writes there next sweeps
            sweep_once(place)
        assert [path.name for path in place.rglob(".*") if path.name != ".lock"] == []
        assert [path.name for path in place.iterdir()] == ["out"]
