"""File systems without locks."""

from pathlib import Path

import pytest

from uniaims.atomic import atomic_file, claims, sweep

from .conftest import names


def test_where_there_are_no_locks_files_are_written_and_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "take_lock", lambda descriptor: "unknown")
    with atomic_file(tmp_path / "a.txt") as place:
        sweep(tmp_path)
        place.write_text("whole")
    assert names(tmp_path) == {"a.txt"}
