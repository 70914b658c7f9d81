import json

import pytest

from uniaims.dataset import Dataset
from uniaims.dataset.manifest import is_dataset
from uniaims.errors import InputError


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"uniaims_dataset": 2}', '{"name": "x"}', "[" * 100_000], ids=lambda text: text[:9]
)
def test_a_manifest_that_is_none_is_refused(dataset, content):
    (dataset.folder / "dataset.json").write_text(content)
    with pytest.raises(InputError, match=r"dataset\.json"):
        Dataset.open(dataset.folder)


def test_the_manifest_is_plain_json(dataset):
    content = json.loads((dataset.folder / "dataset.json").read_text())
    assert content["uniaims_dataset"] == 1
    assert content["name"] == "dataset"


def test_a_plain_folder_is_no_dataset(dataset, plain_folder):
    assert is_dataset(dataset.folder)
    assert not is_dataset(plain_folder)
