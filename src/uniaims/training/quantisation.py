"""A finished model with 8-bit numbers: a quarter of the file, and on most processors two to three times as quick.

Kernels and the maps between layers become whole numbers, their ranges taken from crops of labelled images (static
quantisation; Jacob et al., CVPR 2018, doi 10.1109/CVPR.2018.00286). Kernels keep 7 of the 8 bits, so that processors
without instructions for 8-bit sums can't overflow. The last layer of each head keeps its floating-point numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.errors import InputError, OutputError
from uniaims.networks.card import CARD_KEY, ModelCard
from uniaims.progress import Progress
from uniaims.runtime import file_hash
from uniaims.training.requirements import check_libraries
from uniaims.training.settings import QuantisationSettings, TrainingSettings

if TYPE_CHECKING:
    from uniaims.networks.flownet import FlowNet

OPERATIONS = ("Conv", "Add", "Relu", "MaxPool", "Resize", "Concat")
LAST_KERNELS = ("network.head.1.weight", "network.kind_head.1.weight")
"""Those that give the fields and the kinds, by their names in the exported file."""


def quantise(settings: QuantisationSettings, progress: Progress | None = None) -> Path:
    """Write a model with 8-bit numbers, and give its file; its name is that of the file.

    Raises:
        InputError: if the images can't be read, or none has a labelled object.
        ModelError: if there is no such model, or only its ONNX file.
        OutputError: if the file to write is there, and not to be replaced.
        MissingDependencyError: if torch, onnx or onnxscript is not installed.
    """
    check_libraries("quantising")
    if settings.output.exists() and not settings.overwrite:
        raise OutputError(f"{settings.output} is there already: give another --output, or --overwrite.")
    from uniaims.networks.weights import load_weights
    from uniaims.training.samples import load_data
    from uniaims.training.sampling import CropLoader
    from uniaims.training.start import weights_of

    weights = weights_of(settings.model)
    network, card = load_weights(weights)
    diameter = settings.nominal_diameter_px or card.nominal_diameter_px
    if not settings.data:
        raise InputError("no images came: give at least one dataset folder with --data.")
    knobs = TrainingSettings(
        settings.data, settings.output, nominal_diameter_px=diameter, batch=settings.crops, seed=settings.seed,
        validation_share=0.0,
    )  # fmt: skip
    crops = CropLoader(load_data(knobs, card.normalisation, progress), knobs, 0).batch(0).image
    made = replace(
        card,
        name=settings.output.stem,
        nominal_diameter_px=diameter,
        provenance={"quantised": {"name": card.name, "hash": file_hash(weights), "crops": settings.crops}},
    )
    write_quantised(settings.output, network, made, crops)
    return settings.output


def write_quantised(path: Path, network: "FlowNet", card: ModelCard, crops: NDArray[np.float32]) -> None:
    """Write a network as ONNX with 8-bit numbers; crops (N, C, H, W), normalised, tell the ranges of its maps."""
    import onnx
    from onnx import helper
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    from uniaims.networks.weights import export_onnx

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
        def __init__(self) -> None:
            self._feeds = _feeds(crops)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            """The next image, as ONNX Runtime asks for it."""
            return next(self._feeds, None)

    with TemporaryDirectory() as folder:
        whole, folded, quantised = (Path(folder) / f"{name}.onnx" for name in ("whole", "folded", "quantised"))
        export_onnx(whole, network, card, half=False)
        quant_pre_process(whole, folded, skip_symbolic_shape=True)
        excluded = _kept_whole(onnx.load(folded))
        quantize_static(
            folded, quantised, Reader(), per_channel=True, reduce_range=True, weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8, op_types_to_quantize=list(OPERATIONS), nodes_to_exclude=excluded,
        )  # fmt: skip
        model = onnx.load(quantised)
    helper.set_model_props(model, {CARD_KEY: card.to_json()})
    with atomic_file(path) as temporary:
        onnx.save(model, temporary)


def _kept_whole(model: Any) -> list[str]:
    """Names of the convolutions that keep floating-point numbers: the last of each head, and what is not learnt."""
    kernels = {node.name: node.input[1] for node in model.graph.node if node.op_type == "Conv"}
    return [name for name, kernel in kernels.items() if kernel in LAST_KERNELS or not kernel.startswith("network.")]


def _feeds(crops: Sequence[NDArray[np.float32]] | NDArray[np.float32]) -> Iterator[dict[str, NDArray[np.float32]]]:
    for crop in crops:
        yield {"image": crop[None]}
