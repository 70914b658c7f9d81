"""What not every image has: values that are drawn now and then, and choices by weight."""

from collections.abc import Mapping

from uniaims.synthesis.shapes import Generator


def sometimes(chance: float, span: tuple[float, float], rng: Generator) -> float:
    """Draw a value of `span` with the given chance, else 0."""
    value = rng.uniform(*span)
    return value if rng.random() < chance else 0.0


def weighted(weights: Mapping[str, float], rng: Generator) -> str:
    """Draw one of the names, each as often as its weight says."""
    names = list(weights)
    total = sum(weights.values())
    return str(names[int(rng.choice(len(names), p=[weights[name] / total for name in names]))])
