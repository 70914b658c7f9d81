import json

import pytest

from uniaims.cli import main
from uniaims.networks.catalogue import CATALOGUE
from uniaims.runtime import available_models


def test_every_encoder_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert main(["models", "--encoders"]) == 0
    out = capsys.readouterr().out
    for entry in CATALOGUE:
        assert out.count(entry.advice) == 2
    assert out.count("nominal diameter px") == len(available_models())


def test_encoders_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--encoders", "--json"]) == 0
    told = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert told["unet"]["stride"] == 32
    assert list(told) == [entry.name for entry in CATALOGUE]
