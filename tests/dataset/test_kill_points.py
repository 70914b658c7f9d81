"""Import, merge, split and export killed before and after each renaming, then repeated."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from uniaims.dataset import Dataset
from uniaims.dataset.transfer import ImportSettings, import_sources

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

KILLING = """
import os, signal, sys
from uniaims.cli import main
from uniaims.dataset import store
import uniaims.dataset.exchange, uniaims.dataset.merging, uniaims.dataset.splits, uniaims.dataset.transfer

arguments, kill_at = sys.argv[2:], int(sys.argv[1])
store.IMAGES_IN_A_STEP, count = 2, 0

def counted(rename):
    def renamed(*paths, **how):
        global count
        for moment in range(2):
            count += 1
            if count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if moment == 0:
                done = rename(*paths, **how)
        return done
    return renamed

os.rename, os.replace = counted(os.rename), counted(os.replace)
code = main(arguments)
print(count, flush=True)
sys.exit(code)
"""


def run(arguments: list[str], kill_at: int = 0) -> tuple[int, int]:
    """Exit code (-9 if it was killed) and how many moments there are at which it can be."""
    command = [sys.executable, "-c", KILLING, str(kill_at), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode in {0, -9}, done.stderr
    return done.returncode, int(done.stdout.split()[-1]) if done.returncode == 0 else 0


def facts(folder: Path) -> str:
    """All that a folder holds, whatever the numbers of the parts of a dataset."""
    if not (folder / "dataset.json").exists():
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return json.dumps({str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest() for path in files})
    dataset = Dataset.open(folder)
    parts = len(list((folder / "instances").iterdir())) - len(dataset.parts)
    entries = [(repr(e.record), e.instances.encoded(), Path(str(e.image)).read_bytes()) for e in dataset.entries()]
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.name.startswith("part-"))
    return repr((entries, parts, files, [dataset.ignored(name) is not None for name in dataset.image_ids]))


@pytest.fixture
def sources(tmp_path: Path, plain_folder: Path) -> Path:
    """A plain folder, and two datasets of it."""
    (plain_folder / "ignore").mkdir()
    (plain_folder / "ignore" / "b.png").write_bytes((plain_folder / "masks" / "b.png").read_bytes())
    for name in ("one", "two"):
        import_sources([plain_folder], tmp_path / name, ImportSettings())
    return plain_folder


@pytest.mark.parametrize("share", range(2))
@pytest.mark.parametrize("name", ["import", "merge", "split", "export"])
def test_killed_at_any_renaming(tmp_path: Path, sources: Path, name: str, share: int) -> None:
    def arguments(place: Path) -> list[str]:
        given = {
            "import": [str(sources), "--output"],
            "merge": [str(tmp_path / "one"), str(tmp_path / "two"), "--output"],
            "export": [str(tmp_path / "one"), "--format", "folder", "--output"],
            "split": ["--fractions", "1", "0", "0"],
        }
        return ["dataset", name, *given[name], str(place / "out")]

    def prepared(place: Path) -> Path:
        place.mkdir()
        if name == "split":
            import_sources([sources], place / "out", ImportSettings())
        return place

    _, moments = run(arguments(prepared(tmp_path / "whole")))
    wanted = facts(tmp_path / "whole" / "out")
    for kill_at in range(1 + share, moments + 1, 4):
        place = prepared(tmp_path / f"killed-{kill_at}")
        assert run(arguments(place), kill_at)[0] == -9
        is_made = name in {"merge", "export"} and (place / "out").exists()  # and is refused to be made again
        if not is_made:
            run(arguments(place))
        assert facts(place / "out") == wanted
        assert [path.name for path in place.rglob(".*") if path.name != ".lock"] == []
        assert [path.name for path in place.iterdir()] == ["out"]
