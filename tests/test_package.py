"""The package as a whole: public names, import time, what is imported when, and what the wheel holds."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import uniaims

NOT_AT_IMPORT = ("cv2", "h5py", "numba", "onnxruntime", "polars", "scipy", "torch", "typer", "zarr")
NOT_IN_BASE = ("matplotlib", "onnx", "pandas", "pyarrow", "skimage", "torch")


def run_python(code: str, *arguments: str, timeout: float = 240) -> str:
    """What a fresh interpreter prints for ``code``."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=timeout, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    without = os.environ | {"UNIAIMS_WITHOUT_PAGE": "1"}  # the page is another test's: it takes Node.js
    result = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, timeout=120, check=False, env=without
    )
    assert result.returncode == 0, result.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_public_names_are_sorted_and_unique() -> None:
    assert list(uniaims.__all__) == sorted(set(uniaims.__all__))


@pytest.mark.parametrize("name", uniaims.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(uniaims, name) is not None


def test_public_names_are_offered_for_completion() -> None:
    assert set(uniaims.__all__) <= set(dir(uniaims))


def test_an_unknown_name_is_an_attribute_error_that_says_so() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = uniaims.no_such_name


def test_import_is_quick() -> None:
    code = "import time; start = time.perf_counter(); import uniaims; print(time.perf_counter() - start)"
    seconds = min(float(run_python(code)) for _ in range(5))
    assert seconds < 0.3


def test_import_brings_no_heavy_library() -> None:
    loaded = set(json.loads(run_python("import json, sys, uniaims; print(json.dumps(sorted(sys.modules)))")))
    assert loaded.isdisjoint(NOT_AT_IMPORT)


def test_the_chain_needs_only_base_dependencies(sample_image: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({NOT_IN_BASE!r}))\n"  # None there makes an import fail
        "from uniaims.cli import main\n"
        "sys.exit(main(['analyse', sys.argv[1], '--output', sys.argv[2]]))"
    )
    run_python(code, str(sample_image), str(tmp_path / "report"))
    summary = tmp_path / "report" / sample_image.stem / "summary.json"
    assert json.loads(summary.read_text(encoding="utf-8"))["instance_count"] > 0


def test_the_version_stands_in_one_place(repository: Path, wheel: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project
    assert wheel.name.startswith(f"uniaims-{uniaims.__version__}-")
    assert f"## [{uniaims.__version__}]" in (repository / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_wheel_holds_every_file_of_the_package(repository: Path, wheel: Path) -> None:
    source = repository / "src"
    shipped = {
        path.relative_to(source).as_posix()
        for path in (source / "uniaims").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert shipped <= names
    assert {"uniaims/py.typed", "uniaims/samples/powder.tif"} <= names
    assert {Path(name).suffix for name in names if name.startswith("uniaims/weights/")} >= {
        ".onnx",
        ".safetensors",
    }


def test_the_wheel_stays_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 40e6
