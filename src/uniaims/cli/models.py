"""The command ``models``: what ships, when to take it, and what others can be trained with."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.console import say, say_facts, say_json

if TYPE_CHECKING:
    from uniaims.runtime import ModelInfo


def models(
    encoders: Annotated[
        bool, typer.Option("--encoders", help="Only the encoders that a model can be trained with.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the models that come with the program, and the encoders to train others with."""
    from uniaims.networks.catalogue import CATALOGUE

    found = [asdict(entry) for entry in CATALOGUE] if encoders else _shipped_models()
    if as_json:
        say_json(found)
        return
    for model in [] if encoders else found:
        say_facts(_as_told(model))
        say("")
    say("Encoders for `uniaims train --encoder`; figures of the whole network on one thread of a CPU:")
    say(f"{'':16}{'parameters':>11}{'GMAC/MP':>9}{'s/MP':>7}{'memory':>9}  when to take it")
    for entry in CATALOGUE:
        cost = f"{entry.parameters_millions:>9.1f} M{entry.gmac_per_megapixel:>9.0f}"
        need = f"{entry.seconds_per_megapixel:>7.1f}{entry.peak_memory_mb:>6.0f} MB"
        say(f"{entry.name:16}{cost}{need}  {entry.advice}")


def _shipped_models() -> list[dict[str, Any]]:
    """Everything that is known of the shipped models, the default first."""
    from uniaims.runtime import available_models
    from uniaims.segmenter import SegmenterSettings

    told = [_facts(model, SegmenterSettings.model) for model in available_models()]
    return sorted(told, key=lambda each: not each["default"])


def _facts(model: "ModelInfo", default: str) -> dict[str, Any]:
    from uniaims.networks.catalogue import SHIPPED_MODELS

    entry = SHIPPED_MODELS.get(model.path.stem)
    return {
        "name": model.name,
        "default": model.path.stem == default,
        "description": model.card.description,
        "advice": entry.advice if entry else "",
        "megabytes": round(model.path.stat().st_size / 1e6, 1),
        "runs_on_gpu": model.path.with_suffix(".safetensors").is_file(),
        "seconds_large_image": entry.seconds_large_image if entry else None,
        "mean_ap50": entry.mean_ap50 if entry else None,
        "nominal_diameter_px": model.nominal_diameter_px,
        "encoder": model.settings.encoder,
        "hash": model.hash,
        "path": str(model.path),
    }


def _as_told(model: dict[str, Any]) -> dict[str, Any]:
    """The facts as people read them; what is not known is left out."""
    from uniaims.networks.catalogue import LARGE_IMAGE, VALIDATION_SETS

    seconds, score = model["seconds_large_image"], model["mean_ap50"]
    gpu = "CPU or GPU" if model["runs_on_gpu"] else "CPU only"
    told = {
        "name": f"{model['name']}, the default" if model["default"] else model["name"],
        "for": model["description"],
        "when to take it": model["advice"],
        "size": f"{model['megabytes']:.0f} MB, {gpu}",
        "speed": f"{seconds:.0f} s for {LARGE_IMAGE}" if seconds else "",
        "accuracy": f"AP50 {score:.3f}, mean of {VALIDATION_SETS}" if score else "",
        "object size": f"brought to about {model['nominal_diameter_px']:g} px; found by looking, or --diameter",
        "encoder": model["encoder"],
        "hash": model["hash"],
        "path": model["path"],
    }
    return {name: value for name, value in told.items() if value}
