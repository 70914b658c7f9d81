"""A model beside its parent, on images that neither was taught with."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST_PARTS = 5
"""With fewer parts figures are told, and nothing is claimed."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class PartScores:
    """A part kept apart, seen by both models.

    Attributes:
        part: which one, as JSON: ``image_id``, ``box``.
        true_count: instances that people say are there.
        counts: instances that the parent and the child find.
        ap50: of the parent and of the child.
    """

    part: Mapping[str, Any]
    true_count: int
    counts: tuple[int, int]
    ap50: tuple[float, float]


def comparison(scores: Sequence[PartScores], names: tuple[str, str]) -> dict[str, Any]:
    """What a model's card tells of it and its parent, as JSON; ``names`` are those of the parent and of the model.

    AP50 is the mean over the parts, the error of the count that of all parts together.
    """
    truth = sum(each.true_count for each in scores)
    sides = [_side(scores, side, name, truth) for side, name in enumerate(names)]
    interval = _interval([each.ap50[1] - each.ap50[0] for each in scores])
    verdict, sentence = _verdict(len(scores), interval, sides)
    return {
        "parts": len(scores), "instances": truth, "parent": sides[0], "child": sides[1], "difference": interval,
        "verdict": verdict, "sentence": sentence,
        "each": [
            {
                **each.part, "true_count": each.true_count, "parent_ap50": each.ap50[0], "child_ap50": each.ap50[1],
                "parent_count": each.counts[0], "child_count": each.counts[1],
            }
            for each in scores
        ],
    }  # fmt: skip


def _side(scores: Sequence[PartScores], side: int, name: str, truth: int) -> dict[str, Any]:
    found = sum(each.counts[side] for each in scores)
    return {
        "name": name,
        "ap50": float(np.mean([each.ap50[side] for each in scores])) if scores else None,
        "count_error": abs(found - truth) / truth if truth else None,
    }


def _interval(differences: Sequence[float]) -> dict[str, float] | None:
    """Mean of the differences and its interval by Student's t; none of too few."""
    from scipy.stats import t as student

    count = len(differences)
    if count < FEWEST_PARTS:
        return None
    mean, spread = float(np.mean(differences)), float(np.std(differences, ddof=1))
    half = float(student.ppf(0.5 + CONFIDENCE / 2, count - 1)) * spread / math.sqrt(count)
    return {"mean": mean, "low": mean - half, "high": mean + half}


def _verdict(count: int, interval: Mapping[str, float] | None, sides: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    if count == 0:
        return "too few", "No image was kept apart, so nothing is known of how good it is."
    figures = f"AP50 {sides[0]['ap50']:.3f} before, {sides[1]['ap50']:.3f} now, on {count} parts kept apart"
    if interval is None:
        return "too few", f"{figures}: too few to say whether it is better, {FEWEST_PARTS} are needed."
    bounds = f"{figures}; the difference is {interval['low']:+.3f} to {interval['high']:+.3f} (95 %)"
    if interval["low"] > 0:
        return "better", f"{bounds}: it is better."
    if interval["high"] < 0:
        return "worse", f"{bounds}: it is worse."
    return "undecided", f"{bounds}: no difference was shown."
