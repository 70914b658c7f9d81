"""Training of the scale bar detector; needs the ``train`` extra."""
