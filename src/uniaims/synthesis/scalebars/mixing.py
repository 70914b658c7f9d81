"""Styles that nobody has: the bar of one, the label of another, the strip of a third, all of it varied.

Whoever learns from the named styles alone learns these; among mixtures only what makes a bar a bar stays the same.
"""

from dataclasses import replace

import numpy as np

from uniaims.synthesis.scalebars.canvas import Ink
from uniaims.synthesis.scalebars.groups import luminance
from uniaims.synthesis.scalebars.looks import (
    BAR_KINDS,
    BLACK,
    GRAY,
    WHITE,
    BarLook,
    Column,
    LabelLook,
    Range,
    StripLook,
    Style,
)
from uniaims.synthesis.scalebars.styles import STYLES

MIXED = "mixed"
"""Name and group of every mixture."""
_RULERS = ("dots", "ruler", "ruler lined")
_RULER_SHARE = 0.25
"""Rulers are rare among the named styles and hardest to learn."""
_PARTS = (3, 4, 5, 5, 6, 8, 10, 10, 10, 12, 15, 20)
_GROUNDS: tuple[Ink, ...] = (BLACK, BLACK, WHITE, (24, 24, 24), (60, 60, 60), (225, 225, 225), (20, 40, 90))
_BARE_STRIP_SHARE = 0.3
"""Strips without a ground of their own: texts and bar over the micrograph."""
_ONE_ROW_DIGITS = 0.3
"""From this share of a strip's height on, there is no room for a label over or under its bar."""


def mixed_style(names: tuple[str, ...], rng: np.random.Generator) -> Style:
    """A style made of parts of the styles called `names`, each part varied."""
    styles = [STYLES[name] for name in names]
    base, donor = _one_of(styles, rng), _one_of(styles, rng)
    bar = _varied_bar(styles, base.strip is None, rng)
    label = _varied_label(donor.label, bar, rng)
    style = replace(base, name=MIXED, group=MIXED, bar=bar, label=label, span=_varied(base.span, 0.7, 1.4, rng))
    if bar.kind in _RULERS:
        style = replace(style, span=(0.12, 0.45))
    if base.strip is not None:
        strip = _varied_strip(base.strip, rng)
        places = ("right", "left") if strip.digits > _ONE_ROW_DIGITS else label.places
        return replace(style, strip=strip, label=replace(label, places=places), captions=())
    other = _one_of(styles, rng)
    return replace(
        style,
        inks=other.inks,
        backing=donor.backing,
        backing_opacity=donor.backing_opacity,
        frame=donor.frame,
        corners=other.corners,
        captions=(),
    )


def _varied_bar(styles: list[Style], inside: bool, rng: np.random.Generator) -> BarLook:
    kinds = _RULERS if rng.random() < _RULER_SHARE else BAR_KINDS
    kind = str(rng.choice(kinds))
    alike = [style.bar for style in styles if style.bar.kind == kind] or [style.bar for style in styles]
    look = alike[int(rng.integers(len(alike)))]
    return replace(
        look,
        kind=kind,
        thickness=_varied(look.thickness, 0.6, 1.6, rng),
        tick=_varied(look.tick, 0.6, 1.6, rng),
        parts=int(rng.choice(_PARTS)),
        outline=bool(rng.random() < 0.15),
        vertical=inside and bool(rng.random() < 0.06),
        sub_pixel=inside and bool(rng.random() < 0.6),
        even=bool(rng.random() < 0.3),
    )


def _varied_label(look: LabelLook, bar: BarLook, rng: np.random.Generator) -> LabelLook:
    places: tuple[str, ...] = ("above", "below", "right", "under right", "left", "under left", "over left")
    if bar.kind.startswith("split"):
        places = ("split", *places)
    return replace(
        look,
        places=places,
        outline=look.outline or bool(rng.random() < 0.1),
        shadow=look.shadow or bool(rng.random() < 0.1),
    )


def _varied_strip(look: StripLook, rng: np.random.Generator) -> StripLook:
    bare, ground = bool(rng.random() < _BARE_STRIP_SHARE), _GROUNDS[int(rng.integers(len(_GROUNDS)))]
    ink = WHITE if luminance(ground) < GRAY[0] else BLACK
    rules = (None, None, GRAY, ink)[int(rng.integers(4))]
    return replace(
        look,
        columns=_shuffled(look.columns, rng),
        height=_varied(look.height, 0.8, 1.3, rng),
        ground=() if bare else (ground,),
        inks=(WHITE, BLACK) if bare else (ink,),
        rules=None if bare else rules,
        frame=bool(rng.random() < 0.4),
        top=bool(rng.random() < 0.1),
        bar_align=str(rng.choice(["left", "centre", "right"])),
    )


def _shuffled(columns: tuple[Column, ...], rng: np.random.Generator) -> tuple[Column, ...]:
    """The columns in another order, some of those without a bar left out."""
    order = rng.permutation(len(columns)).tolist()
    return tuple(columns[index] for index in order if columns[index].bar is not None or rng.random() < 0.85)


def _varied(span: Range, least: float, most: float, rng: np.random.Generator) -> Range:
    factor = float(np.exp(rng.uniform(np.log(least), np.log(most))))
    return factor * span[0], factor * span[1]


def _one_of(styles: list[Style], rng: np.random.Generator) -> Style:
    return styles[int(rng.integers(len(styles)))]
