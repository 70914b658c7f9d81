"""Every knob of a training of the scale bar detector."""

from dataclasses import dataclass
from pathlib import Path

from uniaims.errors import SettingsError
from uniaims.settings import needed, setting


@dataclass(frozen=True)
class DetectorTraining:
    """Settings of a training; sizes in px."""

    backgrounds: Path = needed("Folder of grey micrographs without text or bars to draw on.")
    output: Path = needed("Folder for checkpoints, the log and the finished detector.")
    fonts: Path | None = setting(None, "Folder of further fonts to draw with.")
    widths: tuple[int, int, int, int, int] = setting((16, 32, 64, 128, 256), "Channels of the backbone's stages.")
    depths: tuple[int, int, int, int] = setting((1, 2, 2, 1), "Bottlenecks of its last four stages.")
    side_px: int = setting(1024, "Longer side that pictures are brought to, in training on average, when used exactly.")
    steps: int = setting(8000, "Optimiser steps; the learning rate falls to zero over them.")
    minutes: float = setting(
        0.0, "If > 0, end after so many minutes, reading and validation included, if the steps are not done before."
    )
    batch: int = setting(8, "Views in each step.")
    learning_rate: float = setting(2e-3, "Highest learning rate.")
    weight_decay: float = setting(1e-2, "Weight decay of AdamW.")
    warmup_steps: int = setting(200, "Steps over which the learning rate rises.")
    average_decay: float = setting(0.999, "Decay of the running average of the weights, which is what is kept.")
    seed: int = setting(0, "Seed of everything random.")
    device: str = setting("auto", "auto, cpu or cuda.")
    mixed_precision: bool = setting(True, "Compute convolutions in bfloat16 where the hardware has it.")
    loader_threads: int = setting(2, "Threads that draw pictures.")
    checkpoint_every: int = setting(250, "Steps between checkpoints; a killed training goes on from the last one.")

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "side_px", "learning_rate", "loader_threads", "checkpoint_every"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} = {getattr(self, name)}: wanted a number above 0.")
        if self.batch % 2:
            raise SettingsError(f"batch = {self.batch}: wanted an even number, each picture is seen twice.")
