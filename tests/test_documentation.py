"""The documentation tells the truth: its code runs, its pages are complete, and Sphinx builds it without a warning."""

import contextlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from uniaims.cli import main as uniaims

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
MODULES = sorted(
    path.stem
    for path in (ROOT / "src" / "uniaims").iterdir()
    if not path.name.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").is_file())
)
REAL_DATA = Path(os.environ.get("UNIAIMS_DATA", ROOT.parent / "shared" / "data"))
FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]+?) -->\n)?^```(?P<language>python|shell)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PLAIN = re.compile(r"(#.*|uniaims [^|<>$`;&*?~]*)?")
"""A line that needs no shell."""
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@dataclass(frozen=True)
class Block:
    """A fenced piece of code on a page. ``reason`` says why it is not run, if it is not."""

    language: str
    text: str
    line: int
    reason: str | None


def blocks_of(page: Path) -> list[Block]:
    """The Python and shell blocks of a page, from top to bottom."""
    content = page.read_text(encoding="utf-8")
    return [
        Block(found["language"], found["text"], content.count("\n", 0, found.start("text")), found["reason"])
        for found in FENCE.finditer(content)
    ]


def name_of(page: Path) -> str:
    """The page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def discs(seed: int, side: int = 192) -> tuple[np.ndarray, np.ndarray]:
    """A small picture of bright discs (side, side) uint8 and its true labels uint16."""
    rng = np.random.default_rng(seed)
    image = rng.normal(60, 6, (side, side)).astype(np.float32)
    labels = np.zeros((side, side), np.uint16)
    step = side // 2  # many in a row look like text, which takes long to read
    for label, (row, column) in enumerate(np.ndindex(2, 2), start=1):
        centre = (column * step + step // 2, row * step + step // 2)
        radius = int(rng.integers(step // 4, step // 2 - 2))
        cv2.circle(labels, centre, radius, label, -1)
    image[labels > 0] += 90
    return cv2.GaussianBlur(image, (0, 0), 1.0).clip(0, 255).astype(np.uint8), labels


def write_dataset(folder: Path, stems: str) -> None:
    """A dataset folder with ``images/`` and ``masks/``."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for seed, stem in enumerate(stems):
        image, labels = discs(seed)
        cv2.imwrite(str(folder / "images" / f"{stem}.tif"), image)
        cv2.imwrite(str(folder / "masks" / f"{stem}.tif"), labels)


def write_corner(sample: Path, path: Path) -> None:
    """A quarter of the sample, with its banner and pixel size: a quarter of the work."""
    with tifffile.TiffFile(sample) as file:
        over, under = file.pages.first.tags["XResolution"].value
        resolution = over / under, over / under
        tifffile.imwrite(path, file.asarray()[480:, :640], resolution=resolution, resolutionunit="CENTIMETER")


@pytest.fixture
def workspace(tmp_path: Path, sample_image: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the documentation speaks of, as the current one; the program is on its path."""
    write_corner(sample_image, tmp_path / "powder.tif")
    write_dataset(tmp_path / "my-data", "abcd")
    write_dataset(tmp_path / "my-test-data", "ab")
    shutil.copytree(tmp_path / "my-test-data" / "images", tmp_path / "images")
    height, width = cv2.imread(str(tmp_path / "powder.tif"), cv2.IMREAD_GRAYSCALE).shape
    labels = np.zeros((height, width), np.uint16)
    labels[:192, :192] = discs(0)[1]
    cv2.imwrite(str(tmp_path / "labels.tif"), labels)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return tmp_path


def run_shell(text: str, folder: Path) -> None:
    """Run the lines in ``folder``, the current one, and without a shell where they need none."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    if not all(PLAIN.fullmatch(line) for line in lines):
        run_in_a_shell(text, folder)
        return
    for line in filter(None, lines):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as errors:
            words = shlex.split(line, comments=True)
            assert not words or uniaims(words[1:]) == 0, f"{line}\n{errors.getvalue()}"


def run_in_a_shell(text: str, folder: Path) -> None:
    """Run the lines in ``folder``; the first that fails fails the test."""
    result = subprocess.run(
        ["sh", "-e"], input=text, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert result.returncode == 0, f"{text}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=name_of)
def test_code_on_the_page_runs(page: Path, workspace: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in blocks_of(page):
        if block.reason is not None:
            continue
        if block.language == "shell":
            run_shell(block.text, workspace)
        else:
            source = "\n" * block.line + block.text  # so that a traceback names the page's own line
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(source, name_of(page), "exec"), namespace)


def test_most_code_is_run() -> None:
    blocks = [block for page in PAGES for block in blocks_of(page)]
    assert len([block for block in blocks if block.reason is None]) > 0.7 * len(blocks)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_files(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_public_module_is_mentioned(module: str) -> None:
    mention = re.compile(rf"automodule:: uniaims\.{module}\b|`(?:uniaims\.)?{module}`")
    assert any(mention.search(page.read_text(encoding="utf-8")) for page in (ROOT / "docs").glob("*.md"))


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8").splitlines()
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    assert pages <= set(index)


def commands() -> Iterator[tuple[str, set[str]]]:
    """Each command with the options that it takes; commands of a group go by their own name."""
    import typer

    from uniaims.cli.app import whole

    group = typer.main.get_command(whole())
    for name, command in group.commands.items():
        members = getattr(command, "commands", {name: command})
        for member, leaf in members.items():
            options = {text for parameter in leaf.params for text in parameter.opts if text.startswith("--")}
            yield member, options - {"--help"}


def sections(page: str) -> dict[str, str]:
    """The text below each heading of the second level, by the last word of the heading."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)[1:]
    return {heading.strip("` ").split()[-1]: text for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def test_every_command_and_option_is_documented() -> None:
    documented = sections((ROOT / "docs" / "cli.md").read_text(encoding="utf-8"))
    missing = [
        f"uniaims {command} {option}"
        for command, options in commands()
        for option in options
        if not re.search(rf"{re.escape(option)}(?![\w-])", documented.get(command, ""))
    ]
    assert missing == []
    assert {command for command, _ in commands()} <= set(documented)


def test_no_option_is_documented_that_does_not_exist() -> None:
    documented = sections((ROOT / "docs" / "cli.md").read_text(encoding="utf-8"))
    unknown = [
        f"uniaims {command} {option}"
        for command, options in commands()
        for option in set(re.findall(r"--[a-z][\w-]*", documented.get(command, ""))) - options - {"--help"}
    ]
    assert unknown == []


EXAMPLES = {
    "compare_samples.py": ["results", "my-data/images", "my-test-data/images"],
    "convert_efficientnet_lite.py": ["--help"],
    "first_analysis.py": ["powder.tif"],
    "make_gallery.py": ["gallery.jpg"],
    "make_sample.py": ["sample"],
    "measure_labels.py": ["labels.tif", "2.5 nm", "table.csv"],
    "prepare_general_data.py": [str(REAL_DATA), "runs/general-data"],
    "segment_array.py": [],
    # its training and export are those of tests/training/detection
    "train_scalebar_detector.py": ["--output", "runs/detector", "--recipes", "spheres", "--each", "1", "--yolo", "2"],
    "train_general.py": ["--help"],
}
"""The arguments of each example, in the folder ``workspace``."""


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_example_runs(
    example: str, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if str(REAL_DATA) in EXAMPLES[example] and not REAL_DATA.is_dir():
        pytest.skip(f"no real data: {REAL_DATA} is no folder; set UNIAIMS_DATA")
    script = str(ROOT / "examples" / example)
    monkeypatch.setattr(sys, "argv", [script, *EXAMPLES[example]])
    monkeypatch.setattr(sys, "path", [str(ROOT / "examples"), *sys.path])
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ending:
        assert not ending.code, capsys.readouterr().err
