import json
from pathlib import Path

import pytest

from uniaims.cli import main
from uniaims.networks.catalogue import CATALOGUE, SHIPPED_MODELS
from uniaims.runtime import available_models

DOCS = Path(__file__).parents[2] / "docs"


def test_every_encoder_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert main(["models", "--encoders"]) == 0
    out = capsys.readouterr().out
    for entry in CATALOGUE:
        assert out.count(entry.advice) == 2
    assert out.count("brought to about") == len(available_models())


def test_the_default_comes_first_and_each_model_says_when_to_take_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [model["default"] for model in told] == [True] + [False] * (len(told) - 1)
    assert len({model["advice"] for model in told}) == len(told)
    assert all(model["megabytes"] > 0 and model["advice"] for model in told)
    assert main(["models"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.split() == ["name", "general,", "the", "default"]


def test_every_shipped_model_has_its_entry_and_nothing_else_has() -> None:
    assert SHIPPED_MODELS.keys() == {model.path.stem for model in available_models()}


def test_the_figures_are_those_of_the_documentation() -> None:
    accuracy, performance = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("accuracy", "performance"))
    whole = next(line for line in performance.splitlines() if line.startswith("| **whole command**"))
    assert [float(figure.strip("* ")) for figure in whole.split("|")[2:4]] == [
        SHIPPED_MODELS[name].seconds_large_image for name in ("general", "general-fast")
    ]
    for name, column in (("general", 4), ("general-fast", 2)):
        table = accuracy.split("## The shipped model" if name == "general" else "`general-fast`, the same network")[1]
        rows = [row.split("|") for row in table.split("\n\n")[2 if name == "general" else 1].splitlines()[2:]]
        scores = [float(row[column]) for row in rows]
        assert len(scores) == 7
        assert sum(scores) / 7 == pytest.approx(SHIPPED_MODELS[name].mean_ap50, abs=5e-4)


def test_encoders_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--encoders", "--json"]) == 0
    told = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert told["unet"]["stride"] == 32
    assert list(told) == [entry.name for entry in CATALOGUE]
