"""Names of packages at their first use."""

import subprocess
import sys

import pytest

import uniaims.pipeline
import uniaims.segmenter
import uniaims.synthesis


@pytest.mark.parametrize("package", [uniaims.pipeline, uniaims.segmenter, uniaims.synthesis])
def test_every_public_name_has_its_home(package: object) -> None:
    assert [getattr(package, name).__name__ for name in package.__all__ if name[0].islower()]  # type: ignore[attr-defined]
    assert all(getattr(package, name) is not None for name in package.__all__)  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no attribute 'nonesuch'"):
        _ = package.nonesuch  # type: ignore[attr-defined]


def test_a_package_alone_imports_nothing_heavy() -> None:
    code = "import sys, uniaims.pipeline, uniaims.segmenter, uniaims.synthesis; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
