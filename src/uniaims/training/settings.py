"""Every knob of a training, written once; the command line, the settings file and the checkpoint are made from it."""

import math
from dataclasses import dataclass, fields
from pathlib import Path

from uniaims.errors import SettingsError
from uniaims.networks.card import HEADS, NetworkSettings
from uniaims.settings import needed, setting

PATCH_PX = 16
"""Side of a patch of the encoders with attention."""
POSITIVE = (
    "steps", "batch", "crop_px", "learning_rate", "nominal_diameter_px", "loader_threads", "validation_every",
    "validation_images", "checkpoint_every", "batch_parts", "synthetic_count",
)  # fmt: skip
SHARES = (
    "validation_share", "wide_scale_share", "synthetic_share", "dataset_balance", "size_balance", "kind_balance",
    "average_decay",
)  # fmt: skip
NOT_NEGATIVE = (
    "seed", "patience", "minutes", "weight_decay", "warmup_steps", "boundary_weight", "scale_spread",
)  # fmt: skip
LARGEST_SEED = 2**63 - 1
TAKEN_NAMES = frozenset({"", ".", "..", "best", "last"})
"""The run folder has other files of these names, or they are none."""


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training; sizes in pixels, ``nominal_diameter_px`` is the working scale of the model.

    Raises:
        SettingsError: if a number is out of its range, or settings contradict each other.
    """

    data: tuple[Path, ...] = needed("Dataset folders, each with images/ and masks/.")
    output: Path = needed("Folder for checkpoints, the log and the finished model.")
    name: str = setting("custom", "Name of the model.")
    description: str = setting("", "What the model is for, in a sentence; it is kept in the model file.")

    encoder: str = setting("unet", "Encoder of the network.")
    widths: tuple[int, ...] = setting((32, 64, 128, 256, 256), "Channels of each resolution level.")
    depths: tuple[int, ...] = setting((1, 1, 2, 2, 1), "Blocks of each resolution level.")
    heads: tuple[str, ...] = setting(HEADS, "What is predicted of each pixel; fewer for ablations.")
    kinds: tuple[str, ...] = setting(
        (), "Names of the kinds of objects to tell apart; none: those of the initial weights, or no kinds."
    )
    encoder_weights: str = setting("", "Pretrained weights for the encoder alone: a file, or a name on this machine.")
    initial_weights: str = setting(
        "", "Start from this model, shipped or own; its network is taken over.", there="model"
    )

    validation: tuple[Path, ...] = setting((), "Dataset folders to validate on; none: a share of the data.")
    validation_share: float = setting(0.1, "Share of each data folder's sources kept for validation, if no folder is.")
    validation_every: int = setting(500, "Steps between validations.")
    validation_images: int = setting(24, "At most so many images are looked at in each validation.")
    calibrate: bool = setting(False, "Calibrate the finished model's confidences on what was held out.")
    patience: int = setting(0, "Stop after so many validations without a better AP50; 0: never.")

    steps: int = setting(4000, "Optimiser steps; the learning rate falls to zero over them.")
    minutes: float = setting(
        0.0, "If > 0, end after so many minutes, reading and validation included, if the steps are not done before."
    )
    batch: int = setting(16, "Crops in each step, over all processes.")
    batch_parts: int = setting(1, "Parts in which each process computes its crops: more parts need less memory.")
    crop_px: int = setting(256, "Side of a training crop.")
    learning_rate: float = setting(2e-3, "Highest learning rate.")
    weight_decay: float = setting(1e-2, "Weight decay of AdamW.")
    warmup_steps: int = setting(100, "Steps over which the learning rate rises.")
    average_decay: float = setting(0.998, "Decay of the running average of the weights, which is what is kept.")
    boundary_weight: float = setting(2.0, "Extra weight of pixels beside a boundary in the loss; 0: none.")

    nominal_diameter_px: float = setting(32.0, "Object diameter that crops are brought to, on average.")
    scale_spread: float = setting(0.45, "Standard deviation of the natural logarithm of the crops' object diameter.")
    wide_scale_share: float = setting(0.05, "Share of crops whose objects get any size from 6 px to half of the crop.")
    shares: tuple[float, ...] = setting((), "How often each data folder is drawn, one number each.")
    dataset_balance: float = setting(0.5, "Without shares: 0 draws all images alike, 1 all data folders alike.")
    size_balance: float = setting(0.0, "Within a folder: 0 draws all images alike, 1 all octaves of object size alike.")
    kind_balance: float = setting(0.0, "Within a folder: 0 draws all images alike, 1 all kinds of objects alike.")
    synthetic: tuple[str, ...] = setting((), 'Recipes of synthetic samples that are mixed in: names, or "all".')
    synthetic_share: float = setting(0.2, "Share of the crops that are cut from synthetic samples.")
    synthetic_count: int = setting(300, "How many synthetic samples are made before the first step.")

    seed: int = setting(0, "Seed of everything random.")
    device: str = setting("auto", "auto, cpu or cuda.")
    mixed_precision: bool = setting(True, "Compute convolutions in bfloat16 where the hardware has it.")
    loader_threads: int = setting(2, "Threads that prepare crops.")
    checkpoint_every: int = setting(250, "Steps between checkpoints; a killed training goes on from the last one.")

    def __post_init__(self) -> None:
        if not self.data:
            raise SettingsError("no training data came: give at least one dataset folder with --data.")
        if self.name in TAKEN_NAMES or set(self.name) & {"/", "\\"}:
            raise SettingsError(f"name {self.name!r}: wanted one that can be that of a file, not best or last.")
        self._check_numbers()
        self._check_shares()
        if self.crop_px % 64:
            raise SettingsError(f"crop_px = {self.crop_px}: wanted a multiple of 64.")
        if self.encoder_weights and self.initial_weights:
            raise SettingsError("encoder weights and initial weights: wanted one of them, a model brings its encoder.")
        if self.batch % self.batch_parts:
            raise SettingsError(f"a batch of {self.batch} in {self.batch_parts} parts: wanted parts of the same size.")
        self.network()

    def _check_numbers(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise SettingsError(f"{item.name} = {value}: wanted a finite number.")
        for name in POSITIVE:
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted a number above 0.")
        for name in NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted 0 or a number above it.")
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted a number from 0 to 1.")
        if self.seed > LARGEST_SEED:
            raise SettingsError(f"seed = {self.seed}: wanted at most {LARGEST_SEED}.")

    def _check_shares(self) -> None:
        if not self.shares:
            return
        if len(self.shares) != len(self.data):
            raise SettingsError(f"{len(self.shares)} shares for {len(self.data)} data folders: wanted one share each.")
        if min(self.shares) < 0 or not 0 < sum(self.shares) < math.inf:
            raise SettingsError(f"shares {self.shares}: wanted numbers of 0 and more, at least one above 0.")

    def network(self) -> NetworkSettings:
        """The architecture that the settings describe."""
        return NetworkSettings(
            self.encoder,
            widths=self.widths,
            depths=self.depths,
            heads=self.heads,
            kinds=self.kinds,
            position_grid=max(1, self.crop_px // PATCH_PX),
        )


@dataclass(frozen=True)
class FineTuningSettings:
    """Settings of a fine-tuning; what is not here is as `TrainingSettings` has it."""

    data: tuple[Path, ...] = needed("Your labelled images: folders, each with images/ and masks/.")
    output: Path = needed("Folder for checkpoints, the log and the finished model.")
    model: str = setting("general", "Model to start from, shipped or own.", there="model")
    name: str = setting("finetuned", "Name of the new model.")
    description: str = setting("", "What the model is for, in a sentence; it is kept in the model file.")
    minutes: float = setting(
        10.0, "End after so many minutes, reading and validation included, if the steps are not done before."
    )
    steps: int = setting(200, "Optimiser steps; the learning rate falls to zero over them.")
    batch: int = setting(8, "Crops in each step.")
    learning_rate: float = setting(3e-4, "Highest learning rate: a fraction of that of a training from nothing.")
    validation_every: int = setting(100, "Steps between validations, where images are held out.")
    seed: int = setting(0, "Seed of everything random.")
    device: str = setting("auto", "auto, cpu or cuda.")


@dataclass(frozen=True)
class QuantisationSettings:
    """Settings of a quantisation.

    Raises:
        SettingsError: if the output is no .onnx file, or a number is not above 0.
    """

    data: tuple[Path, ...] = needed("Labelled images: folders, each with images/ and masks/.")
    output: Path = needed("The .onnx file to write.")
    model: str = setting("general", "Model to start from, shipped or own.", there="model")
    nominal_diameter_px: float = setting(0.0, "Object diameter that images are brought to; 0: that of the model.")
    crops: int = setting(64, "Crops to take the ranges of numbers from.")
    seed: int = setting(0, "Seed of the choice of crops.")
    overwrite: bool = setting(False, "Replace a file that is there.")

    def __post_init__(self) -> None:
        if self.output.suffix != ".onnx":
            raise SettingsError(f"{self.output}: wanted the name of an .onnx file to write.")
        if self.crops < 1 or self.nominal_diameter_px < 0:
            raise SettingsError(
                f"{self.crops} crops, objects of {self.nominal_diameter_px:g} px: wanted at least 1, and 0 px or more."
            )
