"""Uni-AIMS: from micrograph to measured instances."""

__version__ = "0.1.0"
