"""How Sphinx builds these pages: ``make docs``. Nothing is downloaded."""

from uniaims import __version__

project = "Uni-AIMS"
author = "The Uni-AIMS founders"
copyright = "The Uni-AIMS founders"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 90
# Attributes called as a type of Python is (`bytes`) make that type's own name ambiguous in annotations.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"Uni-AIMS {version}"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b6e8f", "color-brand-content": "#0b6e8f"},
    "dark_css_variables": {"color-brand-primary": "#5cc4e4", "color-brand-content": "#5cc4e4"},
}
