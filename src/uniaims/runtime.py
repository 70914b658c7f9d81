"""Find a model and run it on batches of tiles: ONNX Runtime on the CPU, torch where there is a GPU."""

import ctypes.util
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from uniaims.errors import MissingDependencyError, ModelError, SettingsError, did_you_mean
from uniaims.networks.card import CARD_KEY, ModelCard, NetworkSettings, Normalisation
from uniaims.sessions import cpu_session
from uniaims.settings import Device

SHIPPED = Path(__file__).parent / "weights"
SUFFIXES = (".onnx", ".safetensors")
HASH_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class ModelInfo:
    """Which model it is and where it runs. ``hash`` is the SHA-256 of the weights file."""

    card: ModelCard
    path: Path
    hash: str
    device: Literal["cpu", "cuda"]

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    @property
    def settings(self) -> NetworkSettings:
        """The network's architecture; ``settings.stride`` is what tile sides must be multiples of."""
        return self.card.network

    @property
    def normalisation(self) -> Normalisation:
        """How grey levels are prepared."""
        return self.card.normalisation

    @property
    def nominal_diameter_px(self) -> float:
        """The object diameter at which the model works best."""
        return self.card.nominal_diameter_px


class Model(Protocol):
    """Anything that turns normalised tiles into fields."""

    @property
    def info(self) -> ModelInfo:
        """Which model it is."""
        ...

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Tiles (N, C, H, W) float32, normalised, H and W multiples of the stride -> fields (N, 4 + K, H, W) float32.

        Channels: probability 0..1, flow y, flow x, topography 0..1, then the probability of each of the K kinds.
        """
        ...


@dataclass(frozen=True)
class OnnxModel:
    """A model on the CPU; needs no torch."""

    info: ModelInfo
    session: onnxruntime.InferenceSession

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Model.predict`."""
        fields: NDArray[np.float32] = self.session.run(["fields"], {"image": batch})[0]
        return fields


@dataclass(frozen=True)
class TorchModel:
    """A model on a GPU; needs the ``train`` extra."""

    info: ModelInfo
    network: Any

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `Model.predict`."""
        import torch

        with torch.inference_mode():
            on_gpu = torch.from_numpy(batch).to(self.info.device, memory_format=torch.channels_last)
            fields: NDArray[np.float32] = self.network(on_gpu).cpu().numpy()
        return fields


def load_model(name_or_path: str | Path = "general", device: Device = "auto") -> Model:
    """Load a shipped model by name, or a ``.onnx`` / ``.safetensors`` file of one's own.

    Raises:
        ModelError: if there is no such model, or the file is none of ours.
        SettingsError: if the device is not there.
        MissingDependencyError: if torch is needed and not installed.
    """
    if device not in {"auto", "cpu", "cuda"}:
        raise SettingsError(f"device {device!r}: wanted auto, cpu or cuda.")
    path = find_model(name_or_path)
    weights = path.with_suffix(".safetensors")
    if device == "cuda" and not weights.is_file():
        raise ModelError(
            f"{path}: it runs on the processor only. Use --device cpu, or a model with a .safetensors file."
        )
    if path == weights or (_runs_on_gpu(device) and (device == "cuda" or weights.is_file())):
        return _load_torch(weights, "cuda" if _runs_on_gpu(device) else "cpu")
    return _load_onnx(path)


def find_model(name_or_path: str | Path) -> Path:
    """The weights file of a shipped name, a file, or the folder of a finished training.

    Raises:
        ModelError: if there is none.
    """
    path, shipped = Path(name_or_path), SHIPPED / f"{name_or_path}.onnx"
    if path.name == str(name_or_path) and shipped.is_file():
        return shipped
    if path.is_dir():
        return _model_in(path)
    if path.suffix in SUFFIXES:
        if path.is_file():
            return path
        raise ModelError(f"{path}: no such model file. Check the path, or see `uniaims models`.")
    names = sorted(file.stem for file in SHIPPED.glob("*.onnx"))
    raise ModelError(
        f"model {str(name_or_path)!r}: wanted a shipped model ({', '.join(names) or 'none'}), a .onnx or .safetensors "
        f"file, or the folder of a training.{did_you_mean(str(name_or_path), names)}"
    )


def _model_in(folder: Path) -> Path:
    """The finished model in the folder of a training."""
    found = sorted(folder.glob("*.onnx"))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(file.name for file in found)
        raise ModelError(f"{folder}: {len(found)} .onnx files ({names}). Give the one to use, as {found[0]}.")
    begun = [folder / name for name in ("best.safetensors", "last.safetensors") if (folder / name).is_file()]
    instead = f"give what it has so far, {begun[0]}" if begun else "give a .onnx or .safetensors file"
    raise ModelError(
        f"{folder}: no .onnx file, so no finished training. Finish it with the same command, or {instead}."
    )


def available_models() -> tuple[ModelInfo, ...]:
    """The shipped models, sorted by name."""
    return tuple(_load_onnx(path).info for path in sorted(SHIPPED.glob("*.onnx")))


def _runs_on_gpu(device: Device) -> bool:
    if device == "cpu" or (device == "auto" and not _may_have_gpu()):
        return False
    import torch

    if torch.cuda.is_available():
        return True
    if device == "cuda":
        raise SettingsError("device cuda: torch finds no CUDA GPU. Use --device cpu.")
    return False


@cache
def _may_have_gpu() -> bool:
    """Whether asking torch is worth the seconds that importing it takes."""
    return find_spec("torch") is not None and ctypes.util.find_library("cuda") is not None


def _load_onnx(path: Path) -> OnnxModel:
    try:
        session = cpu_session(path)
        card = ModelCard.from_json(session.get_modelmeta().custom_metadata_map.get(CARD_KEY, ""))
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise ModelError(f"{path}: no uniaims model ({error}). Give a file written by `uniaims train`.") from error
    return OnnxModel(ModelInfo(card, path, file_hash(path), "cpu"), session)


def _load_torch(path: Path, device: Literal["cpu", "cuda"]) -> TorchModel:
    if find_spec("torch") is None:
        raise MissingDependencyError(
            f"{path}: running this model needs torch. Install it with `pip install 'uniaims[train]'`."
        )
    from uniaims.networks.flownet import FieldsNet
    from uniaims.networks.weights import load_weights

    network, card = load_weights(path)
    return TorchModel(ModelInfo(card, path, file_hash(path), device), FieldsNet(network).eval().to(device))


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK_BYTES):
            yield chunk
