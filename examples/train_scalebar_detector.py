"""Train the scale bar detector: draw backgrounds, train, export.

    python examples/train_scalebar_detector.py --output runs/detector [--real FOLDER ...] [--fonts FOLDER] [--yolo N]

Backgrounds are synthetic micrographs of all recipes, and the pictures of the `--real` folders, which must be free of
text and bars. A killed training goes on when the same command is given again; `runs/detector/scalebar.onnx` is the
result. With `--yolo` nothing is trained: so many pictures are drawn as a folder in YOLO's layout, `runs/detector/yolo`.
"""

import argparse
from pathlib import Path

import cv2

from uniaims.cli.console import progress_bars, say
from uniaims.synthesis import RECIPES, render_sample
from uniaims.training.detection.settings import DetectorTraining
from uniaims.training.detection.yolo import YoloExport, write_yolo

SIZES = ((512, 512), (576, 768), (768, 1024), (480, 640), (960, 960))
FIRST_SEED = 1000


def main() -> None:
    """Draw what is missing, then train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--real", type=Path, nargs="*", default=[])
    parser.add_argument("--fonts", type=Path)
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES))
    parser.add_argument("--each", type=int, default=6, help="pictures of each recipe")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--yolo", type=int, help="draw so many pictures for YOLO instead of training")
    chosen = parser.parse_args()
    backgrounds = chosen.output / "backgrounds"
    backgrounds.mkdir(parents=True, exist_ok=True)
    with progress_bars() as report:
        _draw_backgrounds(backgrounds, chosen.recipes, chosen.each, report)
        _copy_real(backgrounds, chosen.real)
        path = _export(backgrounds, chosen, report) if chosen.yolo else _train(backgrounds, chosen, report)
    say(f"The {'pictures are described in' if chosen.yolo else 'detector is'} {path}.")


def _export(backgrounds, chosen, report) -> Path:
    return write_yolo(YoloExport(backgrounds, chosen.output / "yolo", chosen.fonts, count=chosen.yolo), report)


def _train(backgrounds, chosen, report) -> Path:
    from uniaims.training.detection.trainer import train_detector

    settings = DetectorTraining(
        backgrounds, chosen.output, chosen.fonts, steps=chosen.steps, minutes=chosen.minutes, batch=chosen.batch
    )
    return train_detector(settings, report)


def _draw_backgrounds(folder, recipes, each, report) -> None:
    jobs = [(name, number) for number in range(each) for name in recipes]
    for done, (name, number) in enumerate(jobs, 1):
        path = folder / f"synthetic_{name}_{number}.png"
        if not path.exists():
            image = render_sample(name, FIRST_SEED + number, SIZES[done % len(SIZES)]).image
            _write(path, image)
        if report:
            report("drawing backgrounds", done, len(jobs))


def _copy_real(folder: Path, sources: list[Path]) -> None:
    for source in sources:
        for path in sorted(source.glob("*.png")):
            image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            if image is not None:
                _write(folder / f"{source.parent.name}_{path.name}", image)


def _write(path: Path, image) -> None:
    gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    cv2.imwrite(str(path), gray)


if __name__ == "__main__":
    main()
