"""What every page is made of: frame, themes, palette, numbers for the eye, charts, pictures and arrays in a page.

::

    page.py, templates/      the file              svg.py, charts.py      drawings
    palette.py, .json        colours               units.py               numbers and units for the eye
    pictures.py              pixels for the eye    array_encoding.py      numbers for the page's scripts

It knows nothing of what a page is about: `uniaims.report` and `uniaims.dataset` bring their own templates.
"""
