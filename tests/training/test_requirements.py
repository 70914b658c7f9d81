import pytest

from uniaims.cli import main
from uniaims.errors import MissingDependencyError
from uniaims.training.requirements import LIBRARIES, check_libraries


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_missing_is_named_before_anything_starts(library, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("uniaims.training.requirements.find_spec", lambda name: None if name == library else name)
    with pytest.raises(MissingDependencyError, match=f"^training needs {library}. Install"):
        check_libraries("training")
    assert main(["train", "--data", str(tmp_path), "--output", str(tmp_path / "run")]) == 1
    assert f"training needs {library}" in capsys.readouterr().err


def test_nothing_is_said_where_all_is_there():
    pytest.importorskip("onnxscript")
    check_libraries("training")
