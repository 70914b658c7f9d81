"""Make the pictures of the documentation from the report of the shipped sample; needs Chromium.

Run ``make demo`` first, then ``.venv/bin/python docs/images/make_images.py``.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

import uniaims

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "demo-report" / "powder"
HEAD_AND_CHART = """<style>
header.bar, footer, main > :not(#size), #size > :not(:has(figure)), #size :has(> figure) ~ *,
#size :has(> figure) > :not(figure),
#size figcaption, #size .screen-only, #size figure :not(svg, svg *, :has(svg)) { display: none !important }
main, section { margin: 0 !important; padding: 4px !important; border: none !important; max-width: none !important }
</style></head>"""


def screenshot(page: Path, width: int, height: int) -> Image.Image:
    """What a browser shows of a page, twice as sharp as on a plain screen."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("No Chromium was found: install it to make these pictures.")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page.png"
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-background-networking",
        ]
        options += [
            f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}",
            "--virtual-time-budget=5000",
        ]
        options += ["--force-device-scale-factor=2", f"--screenshot={target}"]
        subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True, timeout=120)
        return Image.open(target).convert("RGB")


def size_chart() -> Image.Image:
    """The head and the size distribution, out of the report."""
    report = (RESULT / "report.html").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "chart.html"
        page.write_text(report.replace("</head>", HEAD_AND_CHART, 1), encoding="utf-8")
        return screenshot(page, 760, 640)


def before_and_after(width: int, height: int) -> Image.Image:
    """A part of the sample: as it came on the left, with outlines on the right."""
    bare = Image.fromarray(uniaims.read_image(ROOT / "src" / "uniaims" / "samples" / "powder.tif").gray()).convert(
        "RGB"
    )
    outlined = Image.open(RESULT / "overlay.png").convert("RGB")
    left, top = (bare.width - width) // 2, 40
    frame = (left, top, left + width, top + height)
    picture = bare.crop(frame)
    half = width // 2
    picture.paste(outlined.crop(frame).crop((half, 0, width, height)), (half, 0))
    ImageDraw.Draw(picture).line([(half, 0), (half, height)], fill="white", width=3)
    return picture


def overview() -> Image.Image:
    """Micrograph, outlines and size distribution side by side."""
    chart = size_chart()
    height = 560
    chart = chart.resize((round(chart.width * height / chart.height), height), Image.Resampling.LANCZOS)
    picture = before_and_after(960, height)
    page = Image.new("RGB", (picture.width + 12 + chart.width, height), chart.getpixel((0, 0)))
    page.paste(picture, (0, 0))
    page.paste(chart, (picture.width + 12, 0))
    return page


def main() -> None:
    """Write ``overview.webp`` and ``report.webp`` beside this file."""
    folder = Path(__file__).parent
    overview().save(folder / "overview.webp", quality=82, method=6)
    screenshot(RESULT / "report.html", 1200, 1500).resize((1200, 1500), Image.Resampling.LANCZOS).save(
        folder / "report.webp", quality=80, method=6
    )


if __name__ == "__main__":
    main()
