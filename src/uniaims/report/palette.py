"""Colours that colour-blind readers can tell apart (Okabe and Ito, 2008, "Color Universal Design")."""

from collections.abc import Sequence

OKABE_ITO = {
    "orange": "#e69f00",
    "sky blue": "#56b4e9",
    "bluish green": "#009e73",
    "yellow": "#f0e442",
    "blue": "#0072b2",
    "vermillion": "#d55e00",
    "reddish purple": "#cc79a7",
}

INSTANCE_COLOURS = tuple(
    OKABE_ITO[name] for name in ("sky blue", "orange", "bluish green", "yellow", "reddish purple", "vermillion")
)
"""Outlines take these in turn by label; blue is left out, being too dark on a grey picture."""


def kind_colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each kind of object, the same in every picture; they repeat after six."""
    return {name: INSTANCE_COLOURS[place % len(INSTANCE_COLOURS)] for place, name in enumerate(names)}


def rgb(colour: str) -> tuple[int, int, int]:
    """Split ``#rrggbb`` into its three components, 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


VIRIDIS = (
    "#453881", "#414487", "#3b518b", "#365d8d", "#31698d", "#2c748e", "#287e8e", "#23898d", "#20938b", "#209e88",
    "#24a883", "#2fb37c", "#40bd72", "#55c668", "#6fce58", "#89d547", "#a6db35", "#c4e024", "#e1e41b", "#fde725",
)  # fmt: skip
"""Viridis (van der Walt and Smith, 2015) without its darkest sixth, which would drown in a dark picture.

Equal steps look equal, in grey and to the colour-blind too."""
