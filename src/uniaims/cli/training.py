"""The commands ``train``, ``finetune`` and ``quantise``."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.flags import given_values, settings_from, settings_of
from uniaims.cli.screen import progress_bars, say, say_error

if TYPE_CHECKING:
    from uniaims.tiles import Progress
    from uniaims.training.trainer import TrainedModel

LINE_SECONDS = 30.0
"""Where there is no terminal, the progress is a line in the log every so often."""


@settings_from("uniaims.training.settings.TrainingSettings", given_only=True)
def train(
    more: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="More dataset folders.")] = None,
    settings: Annotated[Path | None, typer.Option(help="TOML file of settings; flags go before it.")] = None,
    find_learning_rate: Annotated[
        bool, typer.Option("--find-learning-rate", help="Only try rising learning rates, plot the loss, suggest one.")
    ] = False,
    **flags: Any,
) -> None:
    """Train a model on folders with images/ and masks/; needs the train extra."""
    from uniaims.training.requirements import check_libraries
    from uniaims.training.settings import TrainingSettings
    from uniaims.training.settings_file import read_settings, settings_from

    check_libraries("training")
    data = [*(flags["data"] or []), *(more or [])]
    given = given_values(TrainingSettings, flags | {"data": data})
    chosen = read_settings(settings, given) if settings else settings_from(given)
    if find_learning_rate:
        from uniaims.training.range_test import find_learning_rate as find

        with training_progress() as progress:
            found = find(chosen, progress)
        say(f"Suggested: --learning-rate {found.suggested:.2g}. The curve: {found.picture}")
        return
    from uniaims.training.trainer import train as train_model

    with training_progress() as progress, _told_if_stopped():
        trained = train_model(chosen, progress)
    _say_trained(trained)


@settings_from("uniaims.training.finetuning.FineTuningSettings")
def finetune(
    more: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="More dataset folders.")] = None,
    **flags: Any,
) -> None:
    """Teach a model your kind of images with 5 to 50 labelled ones, in minutes; needs the train extra."""
    from uniaims.training.finetuning import FineTuningSettings

    settings = settings_of(FineTuningSettings, flags | {"data": [*flags["data"], *(more or [])]})
    from uniaims.training.finetuning import finetune as finetune_model

    with training_progress() as progress, _told_if_stopped():
        done = finetune_model(settings, progress)
    _say_trained(done.model)
    which = "held out" if done.held_out else "that it learned from (too few to hold any out)"
    say(f"AP50 on {done.images_judged} images {which}: {done.ap50_before:.3f} before, {done.ap50_after:.3f} now")


@settings_from("uniaims.training.quantisation.QuantisationSettings")
def quantise(
    more: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="More dataset folders.")] = None,
    **flags: Any,
) -> None:
    """Make a quick copy of a model for the CPU, with 8-bit numbers; needs the train extra."""
    from uniaims.training.quantisation import QuantisationSettings

    settings = settings_of(QuantisationSettings, flags | {"data": [*flags["data"], *(more or [])]})
    from uniaims.training.quantisation import quantise as quantise_model

    with training_progress() as progress:
        written = quantise_model(settings, progress)
    say(f"Written: {written}, {written.stat().st_size / 1e6:.1f} MB")
    say(f"Use it with: uniaims analyse IMAGE --model {written} --output REPORT")


@contextmanager
def training_progress() -> "Iterator[Progress]":
    """Bars where stderr is a terminal; else a line every half minute."""
    with progress_bars() as bars:
        yield bars or _lines()


def _lines() -> "Progress":
    told = {"": time.monotonic()}

    def report(stage: str, done: int, total: int) -> None:
        name, now = stage.partition(",")[0], time.monotonic()
        if done == total or now - told.get(name, told[""]) >= LINE_SECONDS:
            told[name] = now
            sys.stderr.write(f"{stage}: {done} of {total}\n")

    return report


@contextmanager
def _told_if_stopped() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say_error("stopped. The same command goes on from here.")
        raise typer.Exit(1) from None


def _say_trained(trained: "TrainedModel") -> None:
    best = f", AP50 {trained.ap50:.3f} at step {trained.best_step}" if trained.ap50 >= 0 else ""
    say(f"Trained in {trained.steps} steps and {trained.seconds:.0f} s{best}: {trained.onnx}")
    say(f"Use it with: uniaims analyse IMAGE --model {trained.onnx} --output REPORT")
