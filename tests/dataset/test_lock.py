import subprocess
import sys

import pytest

from uniaims.dataset import Dataset
from uniaims.dataset.lock import sole_writer
from uniaims.errors import OutputError

HOLDING = """
import sys
from pathlib import Path
from uniaims.dataset.lock import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_program_waits_for_the_first_even_one_that_is_killed(dataset, entry):
    command = [sys.executable, "-c", HOLDING, str(dataset.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="another program is writing"):
            dataset.add([entry("g", 9)])
        with pytest.raises(OutputError, match="another program is writing"):
            dataset.describe({"a": {"material": "Ti"}})
        other.kill()
    assert dataset.add([entry("g", 9)]) == 1


def test_a_dataset_that_was_opened_before_another_wrote_deletes_nothing(dataset, entry):
    stale = Dataset.open(dataset.folder)
    dataset.add([entry("g", 9)])
    with pytest.raises(OutputError, match="meanwhile"):
        stale.add([], existing="skip")
    assert len(Dataset.open(dataset.folder).instances("g")) == 5


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    with pytest.raises(OutputError, match="can't be written"), sole_writer(tmp_path / "nothing"):
        pass
