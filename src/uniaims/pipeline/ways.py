"""How results were made: by which model, with which settings, by which version; what tells two ways apart, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from uniaims.errors import PixelSizeError
from uniaims.micrograph import PixelSize
from uniaims.names import shown
from uniaims.pipeline.analysis import AnalysisSettings, detector_hash
from uniaims.pipeline.traces import NAMES
from uniaims.report.wording import HASH_DIGITS
from uniaims.runtime import ModelInfo
from uniaims.version import __version__

MODEL, VERSION = "Model", "Version"
_NO_MATTER = ("page", "device", "model", "detector")
"""Settings on which results don't depend, or which are told otherwise: page by folder, files by their hash."""


@dataclass(frozen=True)
class Way:
    """How an image was or is to be analysed.

    Attributes:
        facts: name for the eye -> value; the same for two analyses that would give the same results.
    """

    facts: Mapping[str, str]

    @classmethod
    def of_summary(cls, summary: Mapping[str, Any]) -> Self:
        """How results were made."""
        return cls(_facts(summary, summary.get("settings") or {}))

    @classmethod
    def of_settings(cls, settings: AnalysisSettings, model: ModelInfo) -> Self:
        """How results would be made now."""
        known = {"model": model.name, "model_hash": model.hash, "detector_hash": detector_hash(settings)}
        known["version"] = __version__
        return cls(_facts(known, json.loads(shown(json.dumps(asdict(settings), ensure_ascii=False)))))

    def change(self, now: "Way") -> str:
        """In what this way is not ``now``, for a message: ``Object diameter: 24 there, 30 now``; empty if it is."""
        facts = ((name, self.facts.get(name, "none"), now.facts.get(name, "none")) for name in differing([self, now]))
        return "; ".join(f"{name}: {there} there, {here} now" for name, there, here in facts)


def differing(ways: Sequence[Way]) -> list[str]:
    """Names of the facts that are not the same in all ways, in the order of the settings."""
    names = dict.fromkeys(name for way in ways for name in way.facts)
    return [name for name in names if len({way.facts.get(name) for way in ways}) > 1]


def _facts(known: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    facts = {MODEL: f"{known.get('model')} ({str(known.get('model_hash'))[:HASH_DIGITS]})"}
    facts |= {NAMES.get(name, name): _written(name, value) for name, value in _flat(settings) if name not in _NO_MATTER}
    detector = known.get("detector_hash")
    facts[NAMES["detector"]] = str(detector)[:HASH_DIGITS] if detector else "built in"
    return facts | {VERSION: str(known.get("version"))}


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield name, value


def _written(name: str, value: object) -> str:
    if value is None:
        return "none"
    if name == "pixel_size":  # 2.5 um, 2.5 µm and 2500 nm are one
        return _same_length(str(value))
    if isinstance(value, float):
        return f"{value:.12g}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _same_length(text: str) -> str:
    """A pixel size in the way in which all of its length are written; what is none stays as it is."""
    try:
        return str(PixelSize.parse(text))
    except PixelSizeError:
        return text
