"""Every knob of a training of the scale bar detector."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from uniaims.errors import SettingsError


def _knob(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class DetectorTraining:
    """Settings of a training; sizes in px."""

    backgrounds: Path = field(metadata={"help": "Folder of grey micrographs without text or bars to draw on."})
    output: Path = field(metadata={"help": "Folder for checkpoints, the log and the finished detector."})
    fonts: Path | None = field(default=None, metadata={"help": "Folder of further fonts to draw with."})
    widths: tuple[int, int, int, int, int] = _knob((16, 32, 64, 128, 256), "Channels of the backbone's stages.")
    depths: tuple[int, int, int, int] = _knob((1, 2, 2, 1), "Bottlenecks of its last four stages.")
    side_px: int = _knob(1024, "Longer side that pictures are brought to, in training on average, when used exactly.")
    steps: int = _knob(8000, "Optimiser steps; the learning rate falls to zero over them.")
    minutes: float = _knob(
        0.0, "If > 0, end after so many minutes, reading and validation included, if the steps are not done before."
    )
    batch: int = _knob(8, "Views in each step.")
    learning_rate: float = _knob(2e-3, "Highest learning rate.")
    weight_decay: float = _knob(1e-2, "Weight decay of AdamW.")
    warmup_steps: int = _knob(200, "Steps over which the learning rate rises.")
    average_decay: float = _knob(0.999, "Decay of the running average of the weights, which is what is kept.")
    seed: int = _knob(0, "Seed of everything random.")
    device: str = _knob("auto", "auto, cpu or cuda.")
    mixed_precision: bool = _knob(True, "Compute convolutions in bfloat16 where the hardware has it.")
    loader_threads: int = _knob(2, "Threads that draw pictures.")
    checkpoint_every: int = _knob(250, "Steps between checkpoints; a killed training goes on from the last one.")

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "side_px", "learning_rate", "loader_threads", "checkpoint_every"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted a number above 0.")
        if self.batch % 2:
            raise SettingsError(f"batch = {self.batch}: wanted an even number, each picture is seen twice.")
