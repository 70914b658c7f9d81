"""The scale bar detector on pictures of styles that its training never saw: mAP by class, and time.

    python benchmarks/detector.py --model FILE [--count 400] [--fonts FOLDER] [--styles held-out|training]

Average precision as COCO has it (pycocotools), boxes no thinner than 8 px at the detector's scale, as in training.
Backgrounds are synthetic micrographs of seeds that training had not.
"""

import argparse
import contextlib
import io
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from uniaims.scalebar.detector import SHIPPED, LearnedDetector, load_detector, strongest
from uniaims.synthesis import RECIPES, render_sample
from uniaims.synthesis.scalebars import Drawn, held_out_styles, installed_faces, training_styles
from uniaims.training.detection.sampling import CLASSES, at_scale, random_picture, regions_of

SIDE_PX = 1024
SEED = 77_000


def main() -> None:
    """Draw, detect, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--count", type=int, default=400, help="pictures")
    parser.add_argument("--fonts", type=Path)
    parser.add_argument("--styles", choices=("held-out", "training"), default="held-out")
    chosen = parser.parse_args()
    styles = held_out_styles() if chosen.styles == "held-out" else training_styles()
    detector, faces = load_detector(chosen.model), installed_faces(chosen.fonts)
    backgrounds = tuple(_gray(name, SEED + number) for number, name in enumerate(RECIPES))
    truth: list[Drawn] = []
    for number in range(chosen.count):
        drawn = random_picture(backgrounds, np.random.default_rng((SEED, number)), styles, faces)
        truth.append(at_scale(drawn, SIDE_PX))
    started = time.process_time()
    found = [_detections(detector, drawn, number) for number, drawn in enumerate(truth)]
    seconds = (time.process_time() - started) / chosen.count
    print(f"{chosen.count} pictures of {len(styles)} {chosen.styles} styles, {seconds:.2f} CPU-s each")
    for name, (half, mean) in _precision(truth, np.concatenate(found)).items():
        print(f"{name:8s} mAP50 {half:.4f}  mAP50-95 {mean:.4f}")


def _gray(recipe: str, seed: int) -> NDArray[np.uint8]:
    image = render_sample(recipe, seed, (768, 768)).image
    return np.asarray(image if image.ndim == 2 else image.mean(-1), np.uint8)


def _detections(detector: LearnedDetector, drawn: Drawn, number: int) -> NDArray[np.float64]:
    """Rows of picture, x, y, width, height, score, class."""
    boxes, scores = detector.raw(drawn.image, 1.0)
    rows = []
    for kind in range(len(CLASSES)):
        for index in strongest(boxes, scores[:, kind], 0.01):
            x0, y0, x1, y1 = boxes[index]
            rows.append([number, x0, y0, x1 - x0, y1 - y0, scores[index, kind], kind])
    return np.array(rows, np.float64).reshape(-1, 7)


def _precision(truth: list[Drawn], found: NDArray[np.float64]) -> dict[str, tuple[float, float]]:
    """AP at 0.5 and over 0.5 to 0.95, of each class and on average."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = _dataset(truth)
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    result = {
        name: (float(precision[0, :, kind].mean()), float(precision[:, :, kind].mean()))
        for kind, name in enumerate(CLASSES)
    }
    return result | {"mean": tuple(np.mean(list(result.values()), axis=0))}


def _dataset(truth: list[Drawn]) -> dict[str, list[dict[str, object]]]:
    annotations: list[dict[str, object]] = []
    for number, drawn in enumerate(truth):
        regions = regions_of(drawn.truth)
        for (x0, y0, x1, y1), kind in zip(regions.boxes.tolist(), regions.classes.tolist(), strict=True):
            box = [x0, y0, x1 - x0, y1 - y0]
            entry = {"image_id": number, "category_id": kind, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
            annotations.append({"id": len(annotations) + 1, **entry})
    return {
        "images": [{"id": number} for number in range(len(truth))],
        "annotations": annotations,
        "categories": [{"id": kind, "name": name} for kind, name in enumerate(CLASSES)],
    }


if __name__ == "__main__":
    main()
