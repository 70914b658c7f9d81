"""Colours that colour-blind readers can tell apart (Okabe and Ito, 2008, "Color Universal Design")."""

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


def rgb(colour: str) -> tuple[int, int, int]:
    """Split ``#rrggbb`` into its three components, 0..255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

VIRIDIS = (
    "#440154", "#481467", "#482576", "#453781", "#404688", "#39558c", "#33638d", "#2d718e", "#287d8e", "#238a8d", "#1f968b", "#20a386",
    "#29af7f", "#3dbc74", "#56c667", "#75d054", "#95d840", "#b8de29", "#dce319", "#fde725",
)  # fmt: skip
"""Twenty steps of viridis (van der Walt and Smith, 2015): equal steps look equal, in grey and to the colour-blind too."""
