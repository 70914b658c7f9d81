"""Progress that nobody looks at."""

import numpy as np
import pytest

from uniaims.progress import silence


def test_silence_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert silence("images", 1, 2) is None  # type: ignore[func-returns-value]
    assert silence("", np.int64(0), 0) is None  # type: ignore[func-returns-value]
    assert capsys.readouterr() == ("", "")
