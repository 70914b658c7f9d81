"""Scale bars and instrument banners drawn on images, with exact truth: training and test ground of bar readers.

::

    draw_scalebar(image, style, rng, pixel_size_nm) -> Drawn      one style
    random_scalebar(image, rng) -> Drawn                          any style or none, distractors, degraded
    put_together(panels, columns) -> Drawn                        a figure of several panels, each with its bar
    draw_plot(shape, rng) -> Drawn                                a plot or a sketch: lengths and lines, and no bar
    write_scalebars(images, count, folder, seed) -> Path          images/ and truth.jsonl
    mixed_style(names, rng) -> Style                              a style that nobody has, of the parts of others
    STYLES, training_styles(), held_out_styles()                  what there is, and what is kept from training
"""

from uniaims.deprecation import old_names
from uniaims.synthesis.scalebars.degradation import Degradation, Drawn, degraded, resized
from uniaims.synthesis.scalebars.drawing import DrawSettings, draw_nothing, draw_scalebar, random_scalebar, style_named
from uniaims.synthesis.scalebars.looks import BarLook, Caption, Column, LabelLook, StripLook, Style
from uniaims.synthesis.scalebars.mixing import mixed_style
from uniaims.synthesis.scalebars.panels import put_together
from uniaims.synthesis.scalebars.plots import draw_plot
from uniaims.synthesis.scalebars.styles import STYLES, held_out_styles, is_held_out, read_styles, training_styles
from uniaims.synthesis.scalebars.truth import BarTruth, Distractor, ScaleBarTruth, TextBox
from uniaims.synthesis.scalebars.typefaces import Face, Faces, installed_faces
from uniaims.synthesis.scalebars.writing import read_truths, write_scalebars

__all__ = [
    "STYLES",
    "BarLook",
    "BarTruth",
    "Caption",
    "Column",
    "Degradation",
    "Distractor",
    "DrawSettings",
    "Drawn",
    "Face",
    "Faces",
    "LabelLook",
    "ScaleBarTruth",
    "StripLook",
    "Style",
    "TextBox",
    "degraded",
    "draw_nothing",
    "draw_plot",
    "draw_scalebar",
    "held_out_styles",
    "installed_faces",
    "is_held_out",
    "mixed_style",
    "put_together",
    "random_scalebar",
    "read_styles",
    "read_truths",
    "resized",
    "style_named",
    "training_styles",
    "write_scalebars",
]

__getattr__ = old_names(
    __name__,
    {name: f"{__name__}.{new}" for name, new in {"Wear": "Degradation", "worn": "degraded"}.items()},
)
