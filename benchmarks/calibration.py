"""What confidences are worth: reliability diagram and expected calibration error on validation sets.

    python benchmarks/calibration.py runs/general-data/validation --model general --picture reliability.png
    python benchmarks/calibration.py runs/general-data/validation --model RUN --fit runs/general-data/train

With ``--fit`` the model is calibrated in place on images of those sets first: never on the validation sets. The second
table tells how well the expected quality of an image foretells its AP50 (Spearman's rank correlation).
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from contenders.scores import folders_below
from scipy.stats import spearmanr

from uniaims.dataset import open_samples
from uniaims.matching import evaluate, without_unknown
from uniaims.runtime import load_model
from uniaims.segmenter import Segmenter, SegmenterSettings
from uniaims.training.calibration import GROUP_COUNT, Judged, calibrate, calibration_error, joined, judge
from uniaims.training.samples import thinned
from uniaims.training.start import weights_of
from uniaims.working_scale import characteristic_diameter_px

SIDE_PX, MARGIN_PX = 520, 70


def files_below(folder, most):
    """Samples of the sets below a folder that the models are made for, of each as many as the others allow."""
    return thinned([open_samples(each) for each in folders_below(folder)], most)


def diagram(judged: Judged):
    """Share of right objects over confidence, in groups of equal size; the diagonal is what is wanted."""
    picture = np.full((SIDE_PX, SIDE_PX, 3), 255, np.uint8)
    reach = SIDE_PX - 2 * MARGIN_PX

    def place(across, up):
        return round(MARGIN_PX + across * reach), round(SIDE_PX - MARGIN_PX - up * reach)

    for step in np.linspace(0, 1, 6):
        cv2.line(picture, place(step, 0), place(step, 1), (230, 230, 230), 1)
        cv2.line(picture, place(0, step), place(1, step), (230, 230, 230), 1)
        x, y = place(step, 0)
        cv2.putText(picture, f"{step:.1f}", (x - 12, y + 22), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1)
        x, y = place(0, step)
        cv2.putText(picture, f"{step:.1f}", (x - 34, y + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1)
    cv2.line(picture, place(0, 0), place(1, 1), (160, 160, 160), 1, cv2.LINE_AA)
    groups = np.array_split(np.argsort(judged.confidence, kind="stable"), GROUP_COUNT)
    points = [place(judged.confidence[group].mean(), judged.right[group].mean()) for group in groups]
    cv2.polylines(picture, [np.array(points, np.int32)], False, (160, 90, 20), 2, cv2.LINE_AA)
    for point in points:
        cv2.circle(picture, point, 4, (160, 90, 20), -1, cv2.LINE_AA)
    cv2.putText(
        picture, "confidence", (SIDE_PX // 2 - 45, SIDE_PX - 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1
    )
    cv2.putText(picture, "share of right objects", (12, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1)
    return picture


def qualities(model, files):
    """Expected quality and AP50 of each image."""
    rows = []
    for file in files:
        sample = file.read()
        diameter = characteristic_diameter_px(sample.labels) or None
        found = Segmenter(model, SegmenterSettings(diameter_px=diameter))(sample.micrograph)
        rows.append((found.expected_ap50, evaluate(sample.labels, without_unknown(found.labels, sample.known)).ap50))
    return np.array([row for row in rows if np.isfinite(row[0])])


def main() -> None:
    """Calibrate if asked to, then judge every object of the validation images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("validation", type=Path, help="Folder of validation sets.")
    parser.add_argument("--model", default="general")
    parser.add_argument("--fit", type=Path, help="Folder of training sets: calibrate the model in place on them.")
    parser.add_argument("--images", type=int, default=60, help="At most so many images on either side.")
    parser.add_argument("--picture", type=Path, help="Write the reliability diagram there.")
    given = parser.parse_args()
    if given.fit:
        card = calibrate(weights_of(given.model), files_below(given.fit, given.images))
        print("calibration:", card.calibration)
    model, files = load_model(given.model), files_below(given.validation, given.images)
    judged = joined([judge(model, file.read()) for file in files])
    print("| objects | right | expected calibration error |\n|---|---|---|")
    print(f"| {len(judged.right):,} | {judged.right.mean():.3f} | {calibration_error(judged):.3f} |\n")
    rows = qualities(model, files)
    rank = spearmanr(rows[:, 0], rows[:, 1]).statistic
    print("| images | mean expected quality | mean AP50 | rank correlation |\n|---|---|---|---|")
    print(f"| {len(rows)} | {rows[:, 0].mean():.3f} | {rows[:, 1].mean():.3f} | {rank:.3f} |")
    if given.picture:
        cv2.imwrite(str(given.picture), diagram(judged))


if __name__ == "__main__":
    main()
