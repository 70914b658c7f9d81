"""Every knob of a training, written once; the command line and the checkpoint are made from it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from uniaims.errors import SettingsError


def _knob(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of a training; sizes in pixels, ``nominal_diameter_px`` is the working scale of the model."""

    data: tuple[Path, ...] = field(metadata={"help": "Dataset folders, each with images/ and masks/."})
    output: Path = field(metadata={"help": "Folder for checkpoints, the log and the finished model."})
    name: str = _knob("custom", "Name of the model.")
    description: str = _knob("", "What the model is for, in a sentence; it is kept in the model file.")
    encoder: str = _knob("unet", "Encoder of the network.")
    widths: tuple[int, ...] = _knob((32, 64, 128, 256, 256), "Channels of each resolution level.")
    depths: tuple[int, ...] = _knob((1, 1, 2, 2, 1), "Blocks of each resolution level.")
    steps: int = _knob(4000, "Optimiser steps; the learning rate falls to zero over them.")
    minutes: float = _knob(
        0.0, "If > 0, stop after so many minutes; the learning rate falls over whichever comes first."
    )
    batch: int = _knob(16, "Crops in each step.")
    crop_px: int = _knob(256, "Side of a training crop.")
    learning_rate: float = _knob(2e-3, "Highest learning rate.")
    weight_decay: float = _knob(1e-2, "Weight decay of AdamW.")
    warmup_steps: int = _knob(100, "Steps over which the learning rate rises.")
    average_decay: float = _knob(0.998, "Decay of the running average of the weights, which is what is kept.")
    nominal_diameter_px: float = _knob(32.0, "Object diameter that crops are brought to, on average.")
    scale_spread: float = _knob(0.45, "Standard deviation of the natural logarithm of the crops' object diameter.")
    shares: tuple[float, ...] = _knob(
        (), "How often each data folder is drawn, one number each; none: by the root of its size."
    )
    seed: int = _knob(0, "Seed of everything random.")
    device: str = _knob("auto", "auto, cpu or cuda.")
    mixed_precision: bool = _knob(True, "Compute convolutions in bfloat16 where the hardware has it.")
    loader_threads: int = _knob(2, "Threads that prepare crops.")
    checkpoint_every: int = _knob(250, "Steps between checkpoints; a killed training goes on from the last one.")

    def __post_init__(self) -> None:
        if not self.data:
            raise SettingsError("no training data came: give at least one dataset folder with --data.")
        for name in ("steps", "batch", "crop_px", "learning_rate", "nominal_diameter_px", "loader_threads"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted a number above 0.")
        if self.shares and len(self.shares) != len(self.data):
            raise SettingsError(f"{len(self.shares)} shares for {len(self.data)} data folders: wanted one share each.")
        if self.crop_px % 64:
            raise SettingsError(f"crop_px = {self.crop_px}: wanted a multiple of 64.")
