"""Scenes: kinds of specimen, each with exact truth; one file per kind.

`SCENES` names them. A kind is a frozen dataclass of ranges; its `compose` draws one scene.
"""

from uniaims.synthesis.scenes.aggregates import Aggregates
from uniaims.synthesis.scenes.atoms import AtomColumns
from uniaims.synthesis.scenes.cells import Cells
from uniaims.synthesis.scenes.cracks import Cracks
from uniaims.synthesis.scenes.films import Films
from uniaims.synthesis.scenes.grains import Grains, grains
from uniaims.synthesis.scenes.heap import Heap, heap
from uniaims.synthesis.scenes.layer import DenseLayer
from uniaims.synthesis.scenes.packing import Packing
from uniaims.synthesis.scenes.phases import Lamellae, Precipitates
from uniaims.synthesis.scenes.pores import Pores, Sponge
from uniaims.synthesis.scenes.scene import (
    SMALLEST_AREA_PX,
    SMALLEST_VISIBLE_FRACTION,
    Scene,
    SceneKind,
    WholeMask,
)
from uniaims.synthesis.scenes.wires import Wires
from uniaims.synthesis.sizes import SizeLaw

__all__ = [
    "SCENES",
    "SMALLEST_AREA_PX",
    "SMALLEST_VISIBLE_FRACTION",
    "Aggregates",
    "AtomColumns",
    "Cells",
    "Cracks",
    "DenseLayer",
    "Films",
    "Grains",
    "Heap",
    "Lamellae",
    "Packing",
    "Pores",
    "Precipitates",
    "Scene",
    "SceneKind",
    "SizeLaw",
    "Sponge",
    "WholeMask",
    "Wires",
    "grains",
    "heap",
]

SCENES: dict[str, type[SceneKind]] = {
    "aggregates": Aggregates,
    "atom columns": AtomColumns,
    "cells": Cells,
    "cracks": Cracks,
    "dense layer": DenseLayer,
    "films": Films,
    "grains": Grains,
    "heap": Heap,
    "lamellae": Lamellae,
    "pores": Pores,
    "precipitates": Precipitates,
    "sponge": Sponge,
    "wires": Wires,
}
"""Kinds of scene by the name that recipes use."""
