"""How results were made: by which model, with which settings, by which version; what tells two ways apart, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from uniaims.names import shown
from uniaims.pipeline.analysis import detector_hash
from uniaims.pipeline.results import Summary
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.report.wording import HASH_DIGITS
from uniaims.runtime import ModelInfo
from uniaims.settings import Words, former_names, words_of
from uniaims.version import __version__

MODEL, VERSION = "Model", "Version"


@dataclass(frozen=True)
class Made:
    """What made results, besides the settings; files by their hash."""

    model: str
    model_hash: str
    detector_hash: str | None
    version: str


@dataclass(frozen=True)
class Way:
    """How an image was or is to be analysed.

    Attributes:
        facts: name for the eye -> value; the same for two analyses that would give the same results.
    """

    facts: Mapping[str, str]

    @classmethod
    def of_summary(cls, summary: Summary) -> Self:
        """How results were made."""
        made = Made(summary.model, summary.model_hash, summary.detector_hash, summary.version)
        return cls(_facts(made, summary.settings))

    @classmethod
    def of_settings(cls, settings: AnalysisSettings, model: ModelInfo) -> Self:
        """How results would be made now."""
        made = Made(model.name, model.hash, detector_hash(settings), __version__)
        return cls(_facts(made, json.loads(shown(json.dumps(asdict(settings), ensure_ascii=False)))))

    def change(self, now: "Way") -> str:
        """In what this way is not ``now``, for a message: ``Object diameter: 24 there, 30 now``; empty if it is."""
        facts = ((name, self.facts.get(name, "none"), now.facts.get(name, "none")) for name in differing([self, now]))
        return "; ".join(f"{name}: {there} there, {here} now" for name, there, here in facts)


def differing(ways: Sequence[Way]) -> list[str]:
    """Names of the facts that are not the same in all ways, in the order of the settings."""
    names = dict.fromkeys(name for way in ways for name in way.facts)
    return [name for name in names if len({way.facts.get(name) for way in ways}) > 1]


def _facts(made: Made, settings: Mapping[str, Any]) -> dict[str, str]:
    facts, words = {MODEL: f"{made.model} ({made.model_hash[:HASH_DIGITS]})"}, words_of(AnalysisSettings)
    usual = dict(_flat(asdict(AnalysisSettings())))  # what an older version did not know was as usual
    former = former_names(AnalysisSettings)
    known = {former.get(name, name): value for name, value in _flat(settings)}
    for name, value in (usual | known).items():
        told = words.get(name, Words(name))
        if told.matters:
            facts[told.name] = told.tell(told.same(value) if told.same else value)
    if made.detector_hash:
        facts[words["detector"].name] = made.detector_hash[:HASH_DIGITS]
    return facts | {VERSION: made.version}


def _flat(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value)
        else:
            yield name, value
