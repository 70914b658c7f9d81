"""The learning rate range test: raise the rate from step to step and see where the loss falls and where it bursts.

Smith, Cyclical learning rates for training neural networks, WACV 2017, doi 10.1109/WACV.2017.58. The suggestion is the
rate at which the smoothed loss falls most steeply, as in fastai.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.errors import ModelError
from uniaims.progress import Progress
from uniaims.training.optimisation import device_named
from uniaims.training.samples import load_data
from uniaims.training.sampling import CropLoader
from uniaims.training.settings import TrainingSettings
from uniaims.training.start import resolved, start_of
from uniaims.training.state import new_state
from uniaims.training.step import Stepper

LOWEST_RATE, HIGHEST_RATE = 1e-6, 1.0
RATE_COUNT = 100
SMOOTHING_MOMENTUM = 0.9
BURST_LOSS_RATIO = 3.0
"""The test ends where the smoothed loss is this many times the lowest one."""
FEWEST_STEPS = 3
"""Of fewer steps no slope can be told."""
PICTURE_FILE = "learning_rate.png"
WIDTH_PX, HEIGHT_PX, MARGIN_PX = 900, 540, 80


@dataclass(frozen=True)
class RangeTest:
    """Rates (K,) and smoothed losses (K,) of the test, the suggested highest rate, and the plot."""

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    suggested: float
    picture: Path


def find_learning_rate(settings: TrainingSettings, progress: Progress | None = None) -> RangeTest:
    """Train with rising rates from 1e-6 to 1 in 100 steps and plot the loss into the output folder.

    Nothing of this training is kept.

    Raises:
        InputError: if the data can't be read.
        ModelError: if the weights to start from can't be read, or the loss is no number from the start.
    """
    device = device_named(settings.device)
    torch.manual_seed(settings.seed)
    start = start_of(settings)
    settings = resolved(settings, start.card)
    stepper = Stepper(new_state(start.network, settings.learning_rate, settings.weight_decay, device), settings, device)
    batches = iter(CropLoader(load_data(settings, start.card.normalisation, progress), settings, 0))
    rates: list[float] = []
    losses: list[float] = []
    for rate in np.geomspace(LOWEST_RATE, HIGHEST_RATE, RATE_COUNT).tolist():
        losses.append(stepper(next(batches), rate).total.item())
        rates.append(rate)
        if progress:
            progress("trying learning rates", len(rates), RATE_COUNT)
        level = smoothed(losses)
        if not math.isfinite(losses[-1]) or level[-1] > BURST_LOSS_RATIO * level.min():
            break
    kept = np.isfinite(losses)
    if kept.sum() < FEWEST_STEPS:
        raise ModelError(f"the loss is no number after {int(kept.sum())} steps at the lowest rates: check the data.")
    tried, level = np.array(rates)[kept], smoothed(np.array(losses)[kept].tolist())
    suggested, path = steepest(tried, level), settings.output / PICTURE_FILE
    with atomic_file(path) as place:
        place.write_bytes(cv2.imencode(".png", plot(tried, level, suggested))[1].tobytes())
    return RangeTest(tried, level, suggested, path)


def smoothed(losses: list[float]) -> NDArray[np.float64]:
    """Running average (K,) of losses, free of the pull to the first value."""
    mean, level = 0.0, []
    for count, loss in enumerate(losses, start=1):
        mean = SMOOTHING_MOMENTUM * mean + (1 - SMOOTHING_MOMENTUM) * loss
        level.append(mean / (1 - SMOOTHING_MOMENTUM**count))
    return np.array(level)


def steepest(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float:
    """The rate at which the loss (K,) falls most for the same factor of the rate, before its minimum.

    The first tenth of the steps, whose averages still are of few values, is passed over.
    """
    start = min(RATE_COUNT // 10, len(losses) - 3)
    end = max(start + int(losses[start:].argmin()), start + 2)
    slope = np.gradient(losses[start : end + 1], np.log(rates[start : end + 1]))
    return float(rates[start + slope.argmin()])


def plot(rates: NDArray[np.float64], losses: NDArray[np.float64], suggested: float) -> NDArray[np.uint8]:
    """The curve as a picture (H, W, 3) uint8, BGR: loss over the logarithm of the rate, the suggestion marked."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    low, high = float(losses.min()), float(np.percentile(losses, 90)) * 1.05
    decades = (math.log10(LOWEST_RATE), math.log10(HIGHEST_RATE))

    def place(rate: float, loss: float) -> tuple[int, int]:
        """Where a point of the curve lies in the picture."""
        across = (math.log10(rate) - decades[0]) / (decades[1] - decades[0])
        up = (min(loss, high) - low) / max(high - low, 1e-9)
        return round(MARGIN_PX + across * (WIDTH_PX - 2 * MARGIN_PX)), round(
            HEIGHT_PX - MARGIN_PX - up * (HEIGHT_PX - 2 * MARGIN_PX)
        )

    for decade in range(round(decades[0]), round(decades[1]) + 1):
        across, bottom = place(10.0**decade, low)
        cv2.line(picture, (across, MARGIN_PX), (across, bottom), (225, 225, 225), 1)
        _write(picture, f"1e{decade}", (across - 18, bottom + 24))
    for loss in np.linspace(low, high, 5).tolist():
        across, down = place(LOWEST_RATE, loss)
        _write(picture, f"{loss:.2f}", (across - 60, down + 5))
    curve = np.array([place(rate, loss) for rate, loss in zip(rates.tolist(), losses.tolist(), strict=True)], np.int32)
    cv2.polylines(picture, [curve], isClosed=False, color=(160, 90, 20), thickness=2, lineType=cv2.LINE_AA)
    across, bottom = place(suggested, low)
    cv2.line(picture, (across, MARGIN_PX), (across, bottom), (60, 60, 220), 2)
    _write(picture, f"suggested {suggested:.2g}", (across + 8, MARGIN_PX + 16))
    _write(picture, "learning rate", (WIDTH_PX // 2 - 60, HEIGHT_PX - 20))
    _write(picture, "loss", (14, MARGIN_PX - 24))
    return picture


def _write(picture: NDArray[np.uint8], text: str, place: tuple[int, int]) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
