"""The training loop: steps, running average, checkpoints, the finished model."""

import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter

from uniaims import __version__
from uniaims.atomic import atomic_file
from uniaims.dataset import open_samples
from uniaims.errors import InputError, SettingsError
from uniaims.networks.card import ModelCard, NetworkSettings, Normalisation
from uniaims.networks.flownet import FlowNet
from uniaims.networks.weights import export_onnx, save_weights
from uniaims.training.losses import Loss, Target, boundary_of, fields_loss
from uniaims.training.optimisation import GRADIENT_NORM, device_named, learning_rate, time_is_up, update_average
from uniaims.training.sampling import Batch, CropLoader, PreparedSample, prepare, sampling_weights
from uniaims.training.settings import TrainingSettings

STATE_FILE = "training.pt"
FREE_TO_CHANGE = frozenset(
    {"output", "steps", "minutes", "device", "loader_threads", "checkpoint_every", "name", "description"}
)
LOG_FILE = "log.jsonl"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TrainedModel:
    """Where the finished model lies, and how long it took."""

    weights: Path
    onnx: Path
    steps: int
    seconds: float


@dataclass
class _State:
    """What changes during training."""

    network: FlowNet
    average: FlowNet
    optimiser: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0


def train(settings: TrainingSettings, progress: Progress | None = None) -> TrainedModel:
    """Train a network, or go on where a killed training of the same output folder stopped.

    Raises:
        InputError: if the data can't be read.
        SettingsError: if the output folder holds a training with another network.
    """
    device = device_named(settings.device)
    torch.manual_seed(settings.seed)
    samples, sizes = load_samples(settings, progress)
    card = ModelCard(
        settings.name,
        NetworkSettings(settings.encoder, widths=settings.widths, depths=settings.depths),
        nominal_diameter_px=settings.nominal_diameter_px,
        description=settings.description,
    )
    state = _resume(settings, card.network, device)
    loader = CropLoader(samples, sampling_weights(sizes, settings.shares), settings, state.step)
    _run(state, iter(loader), settings, device, progress)
    return _finish(state, settings, card)


def load_samples(settings: TrainingSettings, progress: Progress | None) -> tuple[list[PreparedSample], list[int]]:
    """All samples at working scale, and how many each dataset has."""
    files = [open_samples(folder) for folder in settings.data]
    total, prepared = sum(len(group) for group in files), []
    for file in (file for group in files for file in group):
        prepared.append(prepare(file.read(), Normalisation(), settings.nominal_diameter_px))
        if progress:
            progress("reading samples", len(prepared), total)
    if not any(sample.diameter_px for sample in prepared):
        raise InputError("no sample has a labelled object. Check that masks/ holds label images (0 = background).")
    return prepared, [len(group) for group in files]


def _run(
    state: _State,
    batches: Iterator[Batch],
    settings: TrainingSettings,
    device: torch.device,
    progress: Progress | None,
) -> None:
    settings.output.mkdir(parents=True, exist_ok=True)
    started, before = time.monotonic(), state.seconds
    with SummaryWriter(str(settings.output / "tensorboard")) as board:
        while state.step < settings.steps and not time_is_up(settings, state.seconds):
            rate = learning_rate(settings, state.step, state.seconds)
            loss = _step(state, next(batches), settings, device, rate)
            state.step += 1
            state.seconds = before + time.monotonic() - started
            if state.step % 10 == 0:
                _log(board, settings, state, loss, rate)
            if state.step % settings.checkpoint_every == 0:
                _save_state(state, settings)
            if progress:
                progress(f"training, loss {loss.total.item():.3f}", state.step, settings.steps)


def _step(state: _State, batch: Batch, settings: TrainingSettings, device: torch.device, rate: float) -> Loss:
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    image, target = _to_device(batch, device)
    state.network.train()
    with torch.autocast(device.type, torch.bfloat16, enabled=settings.mixed_precision):
        raw = state.network(image)
    loss = fields_loss(raw, target)
    state.optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss.total)
    nn.utils.clip_grad_norm_(state.network.parameters(), GRADIENT_NORM)
    state.optimiser.step()
    update_average(state.average, state.network, settings.average_decay, state.step)
    return loss


def _to_device(batch: Batch, device: torch.device) -> tuple[Tensor, Target]:
    image = torch.from_numpy(batch.image).to(device, memory_format=torch.channels_last)
    fields, labels, known = (torch.from_numpy(a).to(device) for a in (batch.fields, batch.labels, batch.known))
    return image, Target(fields, known, boundary_of(labels))


def _resume(settings: TrainingSettings, network_settings: NetworkSettings, device: torch.device) -> _State:
    network = FlowNet(network_settings).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    state = _State(network, average, optimiser)
    path = settings.output / STATE_FILE
    if not path.exists():
        return state
    try:
        # weights_only refuses everything but tensors and plain containers: our own file, but a file all the same.
        saved = torch.load(path, map_location=device, weights_only=True)
        _check_same_training(saved["settings"], settings)
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
    except SettingsError:
        raise
    except (RuntimeError, ValueError, KeyError, EOFError, OSError, UnpicklingError) as error:
        raise SettingsError(
            f"{path}: no state of this training ({error}). "
            "Choose another --output folder, or delete the file to start anew."
        ) from error
    state.step, state.seconds = saved["step"], saved["seconds"]
    return state


def _check_same_training(saved: dict[str, str], settings: TrainingSettings) -> None:
    """Going on is only for the training that was begun: other data or knobs would be told falsely in the card."""
    other = [name for name, value in _identity(settings).items() if saved.get(name) != value]
    if other:
        raise SettingsError(
            f"{settings.output}: holds a training with other settings ({', '.join(other)}). "
            "Give the same settings to go on, or choose another --output folder."
        )


def _identity(settings: TrainingSettings) -> dict[str, str]:
    """What makes it the same training; length, device and threads may change on the way."""
    return {name: str(value) for name, value in asdict(settings).items() if name not in FREE_TO_CHANGE}


def _save_state(state: _State, settings: TrainingSettings) -> None:
    saved = {
        "network": state.network.state_dict(), "average": state.average.state_dict(),
        "optimiser": state.optimiser.state_dict(), "step": state.step, "seconds": state.seconds,
        "settings": _identity(settings),
    }  # fmt: skip
    with atomic_file(settings.output / STATE_FILE) as temporary:
        torch.save(saved, temporary)


def _log(board: Any, settings: TrainingSettings, state: _State, loss: Loss, rate: float) -> None:
    row = {f.name: round(getattr(loss, f.name).item(), 5) for f in fields(loss)} | {"learning_rate": rate}
    for name, value in row.items():
        board.add_scalar(name, value, state.step)
    with (settings.output / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": state.step, "seconds": round(state.seconds, 1)} | row) + "\n")


def _finish(state: _State, settings: TrainingSettings, card: ModelCard) -> TrainedModel:
    _save_state(state, settings)
    finished = replace(card, provenance=_provenance(state, settings))
    network = copy.deepcopy(state.average).cpu().float().eval()
    weights, onnx = (settings.output / f"{card.name}{suffix}" for suffix in (".safetensors", ".onnx"))
    save_weights(weights, network, finished)
    export_onnx(onnx, network, finished)
    return TrainedModel(weights, onnx, state.step, state.seconds)


def _provenance(state: _State, settings: TrainingSettings) -> dict[str, Any]:
    """What the card tells of the training; folders by name only, so that no path of this machine travels."""
    knobs = asdict(settings)
    knobs["data"] = [folder.name for folder in settings.data]
    del knobs["output"]
    return {
        "settings": knobs,
        "steps": state.step,
        "hours": round(state.seconds / 3600, 2),
        "uniaims": __version__,
        "torch": torch.__version__,
    }
