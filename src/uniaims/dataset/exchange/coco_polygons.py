"""COCO with polygons, for tools that take no run lengths."""

from uniaims.dataset.exchange.coco import matches, read
from uniaims.dataset.exchange.coco import write_polygons as write

__all__ = ["matches", "read", "write"]
