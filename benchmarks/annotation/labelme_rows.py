"""What LabelMe takes for the image and the instances that `benchmarks/server.py` gives to ours; no window is needed.

    uv venv /tmp/labelme && uv pip install --python /tmp/labelme/bin/python labelme
    QT_QPA_PLATFORM=offscreen /tmp/labelme/bin/python benchmarks/annotation/labelme_rows.py 1000 4000

It runs in an environment of its own (LabelMe is under the GPL: nothing of ours imports it) and prints a line for each
number of instances: opening, one frame of the whole view, one frame after a corner was moved, and memory.
"""

import json
import math
import resource
import sys
import tempfile
import time
from pathlib import Path

from labelme.app import MainWindow
from PIL import Image
from PyQt5 import QtWidgets

SIDE_PX = 8192
CORNERS = 16
FRAMES = 5


def write_file(folder: Path, count: int) -> Path:
    """An image and its polygons, side by side, as LabelMe keeps them."""
    per_row = math.ceil(count**0.5)
    step = SIDE_PX / per_row
    shapes = []
    for number in range(count):
        row, column = divmod(number, per_row)
        angles = (2 * math.pi * corner / CORNERS for corner in range(CORNERS))
        y, x, radius = (row + 0.5) * step, (column + 0.5) * step, step / 2 - 2
        points = [[x + radius * math.cos(angle), y + radius * math.sin(angle)] for angle in angles]
        shapes.append({"label": "particle", "points": points, "group_id": None, "shape_type": "polygon", "flags": {}})
    Image.new("L", (SIDE_PX, SIDE_PX), 90).save(folder / "image.png")
    told = {"version": "5.0.0", "flags": {}, "shapes": shapes, "imagePath": "image.png", "imageData": None}
    told |= {"imageHeight": SIDE_PX, "imageWidth": SIDE_PX}
    path = folder / "image.json"
    path.write_text(json.dumps(told))
    return path


def seconds(work) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(count: int) -> None:
    """One number of instances, in this process."""
    program = QtWidgets.QApplication([])
    with tempfile.TemporaryDirectory() as folder:
        path = write_file(Path(folder), count)
        window = MainWindow()
        window.resize(1280, 800)
        window.show()
        program.processEvents()
        opened = seconds(lambda: (window._load_file(str(path)), program.processEvents()))
        canvas = next(each for each in window.findChildren(QtWidgets.QWidget) if type(each).__name__ == "Canvas")
        assert len(canvas.shapes) == count, len(canvas.shapes)
        frame = min(seconds(canvas.grab) for _ in range(FRAMES))

        def move() -> None:
            """A corner goes a pixel to the right."""
            shape = canvas.shapes[count // 2]
            shape.points[0] = shape.points[0] + type(shape.points[0])(1, 0)
            canvas.grab()

        edited = min(seconds(move) for _ in range(FRAMES))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count:7d} instances: open {opened:7.2f} s, frame {frame * 1e3:8.1f} ms, edit {edited * 1e3:8.1f} ms, "
        f"{memory:6.0f} MB"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    for number in map(int, sys.argv[1:]):
        measure(number)
