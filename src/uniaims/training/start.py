"""Where a training starts: random weights, or those of another model."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from uniaims.errors import ModelError
from uniaims.networks.card import ModelCard
from uniaims.networks.flownet import FlowNet
from uniaims.networks.pretrained import load_encoder_weights
from uniaims.networks.weights import load_weights
from uniaims.runtime import file_hash, find_model
from uniaims.training.settings import TrainingSettings


@dataclass(frozen=True)
class Start:
    """The network before the first step and the card of the model that it will become."""

    network: FlowNet
    card: ModelCard


def start_of(settings: TrainingSettings) -> Start:
    """The network that the settings describe; with ``initial_weights`` that model's, its normalisation and scale too.

    Where the settings name other kinds than that model knows, it gets a new kind head; the card tells it.

    With ``encoder_weights`` only the encoder starts from a file (`uniaims.networks.pretrained`). The card tells names
    and SHA-256 of what it started from. torch's random numbers must be seeded.

    Raises:
        ModelError: if there is no such model, or it has no weights to start from.
    """
    network = settings.network()
    if not settings.initial_weights:
        card = ModelCard(
            settings.name, network, nominal_diameter_px=settings.nominal_diameter_px, description=settings.description
        )
        started = FlowNet(network)
        if settings.encoder_weights:
            path = load_encoder_weights(started, settings.encoder_weights)
            card = replace(card, provenance={"encoder_weights": {"name": path.name, "hash": file_hash(path)}})
        return Start(started, card)
    path = weights_of(settings.initial_weights)
    parent, card = load_weights(path)
    provenance: dict[str, Any] = {"parent": {"name": card.name, "hash": file_hash(path)}}
    if settings.kinds and set(settings.kinds) != set(card.network.kinds):
        provenance["new_kind_head"] = {"kinds": settings.kinds, "instead_of": card.network.kinds}
        parent = _with_new_kind_head(parent, settings.kinds)
        card = replace(card, network=parent.settings)
    bare = replace(card, provenance=provenance, calibration=())
    return Start(parent, replace(bare, name=settings.name, description=settings.description))


def _with_new_kind_head(parent: FlowNet, kinds: tuple[str, ...]) -> FlowNet:
    """The parent's network with a kind head that has learned nothing yet; all else is the parent's."""
    network = FlowNet(replace(parent.settings, kinds=kinds))
    kept = {name: tensor for name, tensor in parent.state_dict().items() if not name.startswith("kind_head.")}
    network.load_state_dict(network.state_dict() | kept)
    return network.eval()


def resolved(settings: TrainingSettings, card: ModelCard) -> TrainingSettings:
    """The settings with the network and the working scale of the card."""
    network = card.network
    return replace(
        settings,
        encoder=network.encoder,
        widths=network.widths or settings.widths,
        depths=network.depths or settings.depths,
        heads=network.heads,
        kinds=network.kinds,
        nominal_diameter_px=card.nominal_diameter_px,
    )


def weights_of(name_or_path: str | Path) -> Path:
    """The safetensors file of a model: of a shipped name, a file, or a training folder.

    Raises:
        ModelError: if there is no such model, or only its ONNX file.
    """
    path = find_model(name_or_path).with_suffix(".safetensors")
    if not path.is_file():
        raise ModelError(
            f"{path}: not there. A training starts from a .safetensors file; ONNX can't be trained further. "
            "Give the model that it was made of, such as general for general-fast."
        )
    return path
