"""The version of Uni-AIMS, as every result tells it."""

__version__ = "0.1.0"
