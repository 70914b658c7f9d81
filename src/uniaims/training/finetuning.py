"""A model taught a new kind of image with a few labelled ones: few steps, a low learning rate, the parent's weights."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uniaims.dataset import SampleFile, StoredSample, open_samples
from uniaims.errors import SettingsError
from uniaims.progress import Progress
from uniaims.training.requirements import check_libraries
from uniaims.training.settings import FineTuningSettings, TrainingSettings

if TYPE_CHECKING:
    from uniaims.training.trainer import OnStepSample, TrainedModel

FEWEST_TO_VALIDATE = 10
"""Of fewer images all are needed for learning."""
VALIDATION_SHARE = 0.2
CHECKPOINT_EVERY = 25
"""Steps are slow on a CPU: a kill costs no more than these."""
WARMUP_STEPS = 20


@dataclass(frozen=True)
class FineTuned:
    """The finished model, and how much better or worse than its parent it is.

    AP50 means over ``images_judged`` images that were held out, or, if there were too few to hold any out
    (``held_out`` false), over those that it learned from. ``new_kinds``: what a new kind head tells apart; none: the
    parent's kinds, if it has any, are still those of the model.
    """

    model: "TrainedModel"
    ap50_before: float
    ap50_after: float
    images_judged: int
    held_out: bool
    new_kinds: tuple[str, ...] = ()

    @property
    def better(self) -> bool:
        """Whether the new model is better than its parent on the images judged."""
        return self.ap50_after > self.ap50_before


def finetune(
    settings: FineTuningSettings, progress: Progress | None = None, on_sample: "OnStepSample | None" = None
) -> FineTuned:
    """Go on training a model on a few images of one's own, or go on where a stopped fine-tuning was.

    Where the objects are of two or more kinds, and the model doesn't know them all, it gets a new kind head.

    Raises:
        InputError: if the images can't be read or none has a labelled object.
        ModelError: if there is no such model to start from.
        SettingsError: if the output folder holds another training, or torchrun started several processes.
        MissingDependencyError: if torch, onnx or onnxscript is not installed.
    """
    check_libraries("fine-tuning")
    _refuse_torchrun(settings.model)
    from uniaims.training.clock import Clock

    clock = Clock()
    from uniaims.networks.weights import load_weights
    from uniaims.training.optimisation import device_named
    from uniaims.training.samples import divided, thinned
    from uniaims.training.start import weights_of
    from uniaims.training.trainer import train
    from uniaims.training.validation import Validator

    knobs, device = training_settings(settings), device_named(settings.device)
    parent, card = load_weights(weights_of(settings.model))
    sides = [divided(folder, knobs) for folder in settings.data]
    kinds = new_kinds([file for files, _ in sides for file in files], card.network.kinds)
    knobs = replace(knobs, kinds=kinds)
    kept = [files for _, files in sides if files]
    judged = thinned(kept or [files for files, _ in sides], knobs.validation_images)
    with clock.validating():
        before = Validator(judged, card, device, progress=progress)(parent.to(device))
    model = train(knobs, progress, clock, on_sample)
    if not model.steps:  # no time was left: it is the parent still
        return FineTuned(model, before, before, len(judged), bool(kept), kinds)
    learned, card = load_weights(model.weights)
    after = model.ap50 if kept else Validator(judged, card, device, progress=progress)(learned.to(device))
    return FineTuned(model, before, after, len(judged), bool(kept), kinds)


def new_kinds(files: Iterable[SampleFile | StoredSample], known: Sequence[str]) -> tuple[str, ...]:
    """The kinds that a new kind head must tell apart; none where the known ones do, or all objects are of one kind.

    Raises:
        InputError: if kinds can't be read.
    """
    named = {kind for file in files for kind in file.kind_names()}
    return tuple(sorted(named)) if len(named) > 1 and not named <= set(known) else ()


def _refuse_torchrun(model: str) -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise SettingsError(
            "fine-tuning under torchrun: it runs in one process. Start it without torchrun, or use "
            f"`uniaims train --initial-weights {model}`, which several processes can do together."
        )


def training_settings(settings: FineTuningSettings) -> TrainingSettings:
    """The training that a fine-tuning is.

    Raises:
        InputError: if a folder can't be read.
    """
    count = sum(len(open_samples(folder)) for folder in settings.data)
    return TrainingSettings(
        data=settings.data,
        output=settings.output,
        name=settings.name,
        description=settings.description,
        initial_weights=settings.model,
        validation_share=VALIDATION_SHARE if count >= FEWEST_TO_VALIDATE else 0.0,
        validation_every=settings.validation_every,
        checkpoint_every=CHECKPOINT_EVERY,
        steps=settings.steps,
        minutes=settings.minutes,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        warmup_steps=WARMUP_STEPS,
        seed=settings.seed,
        device=settings.device,
    )
