"""The commands ``train``, ``finetune`` and ``quantise``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.console import counted, progress_bars, say, say_warning
from uniaims.cli.flags import given_values, settings_from, settings_of
from uniaims.cli.stopping import told_if_stopped

if TYPE_CHECKING:
    from uniaims.progress import Progress
    from uniaims.training.finetuning import FineTuned
    from uniaims.training.settings import TrainingSettings
    from uniaims.training.trainer import TrainedModel

GOES_ON = "The same command goes on from here."
AGAIN = "The same command starts it again."


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
    with told_if_stopped(AGAIN if find_learning_rate else GOES_ON):
        from uniaims.training.requirements import check_libraries

        check_libraries("training")
        chosen = _training_settings(settings, flags | {"data": [*(flags["data"] or []), *(more or [])]})
        if find_learning_rate:
            _find_learning_rate(chosen)
            return
        from uniaims.training.trainer import train as train_model

        with training_progress() as progress:
            trained = train_model(chosen, progress)
        _say_trained(trained)
        if trained.steps:
            _say_use(trained.onnx)


def _training_settings(file: Path | None, flags: dict[str, Any]) -> "TrainingSettings":
    from uniaims.training.settings import TrainingSettings
    from uniaims.training.settings_file import read_settings, settings_from

    given = given_values(TrainingSettings, flags)
    return read_settings(file, given) if file else settings_from(given)


def _find_learning_rate(settings: "TrainingSettings") -> None:
    from uniaims.training.range_test import find_learning_rate

    with training_progress() as progress:
        found = find_learning_rate(settings, progress)
    say(f"Suggested: --learning-rate {found.suggested:.2g}. The curve: {found.picture}")


@settings_from("uniaims.training.settings.FineTuningSettings")
def finetune(
    more: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="More dataset folders.")] = None,
    **flags: Any,
) -> None:
    """Teach a model your kind of images with 5 to 50 labelled ones, in minutes; needs the train extra."""
    with told_if_stopped(GOES_ON):
        from uniaims.training.finetuning import finetune as finetune_model
        from uniaims.training.settings import FineTuningSettings

        settings = settings_of(FineTuningSettings, flags | {"data": [*flags["data"], *(more or [])]})
        with training_progress() as progress:
            done = finetune_model(settings, progress)
        _say_finetuned(done, settings.model)


@settings_from("uniaims.training.settings.QuantisationSettings")
def quantise(
    more: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="More dataset folders.")] = None,
    **flags: Any,
) -> None:
    """Make a quick copy of a model for the CPU, with 8-bit numbers; needs the train extra."""
    with told_if_stopped(AGAIN):
        from uniaims.training.quantisation import quantise as quantise_model
        from uniaims.training.settings import QuantisationSettings

        settings = settings_of(QuantisationSettings, flags | {"data": [*flags["data"], *(more or [])]})
        with training_progress() as progress:
            written = quantise_model(settings, progress)
        say(f"Written: {written}, {written.stat().st_size / 1e6:.1f} MB")
        _say_use(written)


@contextmanager
def training_progress() -> "Iterator[Progress]":
    """Bars where stderr is a terminal; else a line every half minute and at the end of each stage."""
    with progress_bars(ends_in_log=True) as progress:
        yield progress


def _say_trained(trained: "TrainedModel") -> None:
    best = f", AP50 {trained.ap50:.3f} at step {trained.best_step}" if trained.ap50 >= 0 else ""
    say(f"Trained in {counted(trained.steps, 'step')} and {trained.seconds:.0f} s{best}: {trained.onnx}")
    if not trained.steps:
        say_warning("the time was over before the first step, so nothing was learned. Give more --minutes.")


def _say_use(model: str | Path) -> None:
    say(f"Use it with: uniaims analyse IMAGE --model {model} --output REPORT")


def _say_finetuned(done: "FineTuned", parent: str) -> None:
    """Both scores, which model is the better one, and what to do."""
    _say_trained(done.model)
    if done.new_kinds:
        say(f"The kind head is new, since {parent} does not know all of these kinds: {', '.join(done.new_kinds)}.")
    which = "held out" if done.held_out else "that it learned from (too few to hold any out)"
    change = "no better" if done.ap50_after == done.ap50_before else "better" if done.better else "worse"
    say(
        f"AP50 on {counted(done.images_judged, 'image')} {which}: {done.ap50_before:.3f} before, "
        f"{done.ap50_after:.3f} now. The new model is {change}."
    )
    if done.better:
        _say_use(done.model.onnx)
        return
    say(f"Stay with {parent}: uniaims analyse IMAGE --model {parent} --output REPORT")
    say(
        "The new model is written all the same. More images, outlines of every object in them, or a lower "
        "--learning-rate may help."
    )
