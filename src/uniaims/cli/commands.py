"""What each command does. Heavy modules are imported by the command that needs them."""

import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.atomic import atomic_file
from uniaims.cli import STOPPED, USAGE
from uniaims.cli.comparison import compare
from uniaims.cli.console import (
    counted,
    counted_of,
    pace,
    progress_bars,
    say,
    say_error,
    say_facts,
    say_json,
    say_table,
    say_warning,
)
from uniaims.cli.flags import page_option, settings_from, settings_of
from uniaims.cli.models import models
from uniaims.cli.scale import scale
from uniaims.cli.serve import serve
from uniaims.cli.synthesis import synthesise
from uniaims.cli.training import finetune, quantise, train
from uniaims.cli.words import refuse_all_missing, refuse_missing
from uniaims.errors import OutputError, SettingsError
from uniaims.names import listed
from uniaims.version import __version__

if TYPE_CHECKING:
    from uniaims.micrograph import Micrograph
    from uniaims.pages.units import Noun
    from uniaims.pipeline import BatchResult, DatasetEvaluation, Outcome
    from uniaims.pipeline.given_labels import GivenLabels
    from uniaims.pipeline.settings import MeasureSettings

NO_OUTPUT = "analyse needs a folder for the results: add --output DIR, as in `uniaims analyse IMAGES --output results`."
MOST_LINES = 50
"""Batches of more images are summed up in one line."""
MOST_DOUBTS = 5
"""Images whose doubtful pixel size is told one by one."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Output = Annotated[Path | None, typer.Option(help="Folder for the results; made if it is not there. Needed.")]


def _say_version(wanted: bool) -> None:
    if wanted:
        say(f"uniaims {__version__}")
        raise typer.Exit


def program(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """From micrograph to measured objects and a report."""


@settings_from("uniaims.pipeline.settings.AnalysisSettings")
def analyse(
    images: Annotated[list[str], typer.Argument(help='Image files, folders, and patterns such as "*.tif".')],
    output: Output = None,
    workers: Annotated[int, typer.Option(min=1, help="How many images are analysed at a time.")] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Analyse again what is done, with whatever settings.")
    ] = False,
    **flags: Any,
) -> None:
    """Find and measure all objects in images, and write a report for each."""
    refuse_all_missing(images)
    if output is None:
        raise SettingsError(NO_OUTPUT)
    from uniaims.pipeline.settings import AnalysisSettings

    settings = settings_of(AnalysisSettings, flags)
    from uniaims.cli.compiling import compiling_told
    from uniaims.modes import mode_named
    from uniaims.pipeline import analyse_batch

    with progress_bars() as progress, compiling_told():
        result = analyse_batch(
            images, output, settings, workers=workers, overwrite=overwrite, progress=progress
        )  # fmt: skip
    _say_batch(result, mode_named(settings.mode).noun)
    if result.interrupted:
        goes_on = "the same command starts over" if overwrite else "the same command goes on from here"
        say_error(f"stopped. What is finished stays; {goes_on}.")
    raise typer.Exit(_exit_code(result))


@settings_from("uniaims.pipeline.settings.MeasureSettings")
def measure(
    labels: Annotated[Path, typer.Argument(help="Label image: 0 = background, each object its own number.")],
    image: Annotated[Path | None, typer.Option(help="The micrograph, for grey levels and its pixel size.")] = None,
    pixel_size: Annotated[
        str | None, typer.Option(help='Side of a pixel with unit, such as "2.5 nm", or width x height, "2 x 3 nm".')
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="A .csv, .parquet or .xlsx file, or a folder for all results; else CSV is printed."),
    ] = None,
    page: Annotated[Any, page_option("Which image of a stack, counted from 0; or several, as 1-3,7; or all.")] = None,
    **flags: Any,
) -> None:
    """Measure the objects of a label image made by this or another program."""
    refuse_missing(labels, image)
    from uniaims.guard import warm
    from uniaims.pipeline.settings import MeasureSettings

    settings = settings_of(MeasureSettings, flags)

    warm("uniaims.pipeline.given_labels")

    from uniaims.cli.compiling import compiling_told
    from uniaims.pipeline import measure_file

    with compiling_told():
        pages = measure_file(
            labels, image, pixel_size, page, mode=settings.mode, outline=settings.outline, guarded=True
        )
    for warning in dict.fromkeys(warning for each in pages for warning in each.warnings):
        say_warning(warning)
    _save_measured(labels, pages, output, settings)


def _save_measured(
    labels: Path, pages: "Sequence[GivenLabels]", output: Path | None, settings: "MeasureSettings"
) -> None:
    """Print or write what was measured: of one label image, or of the pages of a stack."""
    from uniaims.measurements.files import file_type_of
    from uniaims.modes import mode_named
    from uniaims.pipeline.given_labels import save_measurements, save_pages, save_table, table_of_pages

    first, several = pages[0], len(pages) > 1
    table = table_of_pages(pages)
    if output is None:
        sys.stdout.write(table.fill_nan(None).write_csv())
        return
    if file_type := file_type_of(output.suffix):
        save_table(output, pages, file_type)
    elif several:
        save_pages(output, labels.stem, pages, settings)
    else:
        save_measurements(
            output, first.measurements, first.labels, first.micrograph, first.name, first.warnings, settings
        )
    on = f" on {len(pages)} pages" if several else ""
    say(f"{counted_of(mode_named(settings.mode).noun, table.height)} measured{on}: {output}")


def info(
    image: Annotated[Path, typer.Argument(help="Image file.")],
    page: Annotated[
        int | None, typer.Option(help="Which image of a file that holds several, counted from 0; else the first.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what an image file holds: size, pixel size, and how it was taken."""
    refuse_missing(image)
    from uniaims.formats import format_of
    from uniaims.micrograph import read_image

    micrograph = read_image(image, page, guarded=True)
    form = format_of(image).name
    if as_json:
        say_json(_facts(image, form, micrograph))
        return
    colour = ", colour" if micrograph.pixels.ndim == 3 else ""
    size = micrograph.pixel_size
    command = f"uniaims scale {shlex.quote(str(image))}"
    pixel_size = f"{size} ({size.source})" if size else f"not in the file; `{command}` reads the scale bar"
    known = {name: value for name, value in asdict(micrograph.acquisition).items() if value is not None}
    facts = {
        "image": image,
        "format": f"{form}, {micrograph.pixels.dtype}{colour}",
        "size": _extent(micrograph),
        "pixel size": pixel_size,
    }
    say_facts(facts | {name.replace("_", " "): value for name, value in known.items()})
    for warning in micrograph.warnings:
        say_warning(warning)


@settings_from("uniaims.segmenter.settings.SegmenterSettings")
def evaluate(
    dataset: Annotated[Path, typer.Argument(help="Folder with images/ and masks/ of the same stems.")],
    as_json: Json = False,
    **flags: Any,
) -> None:
    """Compare what a model finds with the truth, image by image and over the set."""
    refuse_missing(dataset)
    from uniaims.cli.compiling import compiling_told
    from uniaims.pipeline import evaluate_dataset
    from uniaims.segmenter import Segmenter, SegmenterSettings

    segmenter = Segmenter.load(settings=settings_of(SegmenterSettings, flags))
    with progress_bars() as progress, compiling_told():
        evaluation = evaluate_dataset(dataset, segmenter, progress)
    if as_json:
        model = segmenter.model.info
        say_json({"dataset": str(dataset), "model": model.name, "model_hash": model.hash} | evaluation.as_dict())
    else:
        _say_evaluation(evaluation)


def sample(
    path: Annotated[Path, typer.Argument(help="Where to copy it.")] = Path("powder.tif"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Copy the sample micrograph that comes with the program, to try things on."""
    target = path / "powder.tif" if path.is_dir() else path
    if target.exists() and not overwrite:
        raise OutputError(f"{target} is there already: give another name, or --overwrite.")
    with as_file(files("uniaims") / "samples" / "powder.tif") as source, atomic_file(target) as place:
        shutil.copyfile(source, place)
    say(f"Sample micrograph: {target}")


COMMANDS: tuple[Callable[..., None], ...] = (
    analyse, measure, compare, info, scale, models, train, finetune, quantise, evaluate, sample, synthesise, serve
)  # fmt: skip
"""In the order in which the help lists them."""


def _facts(image: Path, form: str, micrograph: "Micrograph") -> dict[str, Any]:
    from uniaims.micrograph import PixelSize

    size = micrograph.pixel_size
    return {
        "image": str(image),
        "format": form,
        "shape": list(micrograph.shape),
        "type": str(micrograph.pixels.dtype),
        "channels": 1 if micrograph.pixels.ndim == 2 else micrograph.pixels.shape[2],
        **PixelSize.told(size),
        "pixel_size_source": size.source if size else None,
        "acquisition": asdict(micrograph.acquisition),
        "warnings": list(micrograph.warnings),
    }


def _extent(micrograph: "Micrograph") -> str:
    (height, width), size = micrograph.shape, micrograph.pixel_size
    pixels = f"{width} x {height} px"
    return f"{pixels}, {width * size.width_nm / 1e3:.4g} x {height * size.height_nm / 1e3:.4g} µm" if size else pixels


def _exit_code(result: "BatchResult") -> int:
    """That of the signal if it was stopped, 2 if no input led to an image, 1 if one failed, else 0."""
    if result.interrupted:
        return 128 + result.signal if result.signal else STOPPED
    if not any(outcome.image for outcome in result.outcomes):
        return USAGE
    return 1 if result.having("failed") else 0


def _say_batch(result: "BatchResult", noun: "Noun") -> None:
    from uniaims.pipeline.plan import shown_pages

    pages = [(outcome.image, outcome.page) for outcome in result.outcomes if outcome.image]
    shown = dict(zip(pages, shown_pages(pages), strict=True))
    names = {each.name: shown[each.image, each.page] if each.image else each.name for each in result.outcomes}
    finished = [*result.having("skipped"), *result.having("done")]
    for outcome in finished if len(result.outcomes) <= MOST_LINES else []:
        again = f"analysed again: {outcome.message}" if outcome.message else ""
        note = "done before" if outcome.status == "skipped" else again
        objects = counted_of(noun, outcome.instance_count or 0)
        say(f"{names[outcome.name]}: {objects}{_looked_for(outcome, noun)}" + (f" ({note})" if note else ""))
    for outcome in result.having("failed"):
        say_error(_failure(outcome))
    _say_doubts(finished, names, noun)
    if result.differing:
        say_warning(
            f"{result.output} holds images that were analysed in different ways ({', '.join(result.differing)}): "
            "index.html says which. To have all alike, analyse all of them again, or give another --output."
        )
    for warning in result.warnings:
        say_warning(warning)
    _say_counts(result)


def _say_doubts(finished: "Sequence[Outcome]", names: Mapping[str, str], noun: "Noun") -> None:
    """What to know of the pixel sizes and of the objects of all images, each once."""
    _say_contradictions(finished, names)
    _say_lengths_in_pixels(finished, names)
    unsure = [names[outcome.name] for outcome in finished if outcome.is_unsure]
    if unsure:
        from uniaims.segmenter import WHAT_TO_TRY

        of = f"{len(unsure)} of {counted(len(finished), 'image')} ({listed(unsure)})"
        say_warning(f"nearly half of the {noun.plural} or more are unsure in {of}. {WHAT_TO_TRY}")


def _say_contradictions(finished: "Sequence[Outcome]", names: Mapping[str, str]) -> None:
    contradicted = [outcome for outcome in finished if outcome.contradictions]
    for outcome in contradicted[:MOST_DOUBTS]:
        for text in outcome.contradictions:
            say_warning(f"{names[outcome.name]}: {text}")
    if len(contradicted) > MOST_DOUBTS:
        say_warning(f"so it is with {len(contradicted) - MOST_DOUBTS} more: their reports say by how much.")


def _say_lengths_in_pixels(finished: "Sequence[Outcome]", names: Mapping[str, str]) -> None:
    in_pixels = [names[outcome.name] for outcome in finished if not outcome.has_pixel_size]
    if in_pixels:
        which = f" ({listed(in_pixels)})" if len(in_pixels) < len(finished) or len(in_pixels) == 1 else ""
        say_warning(
            f"no pixel size for {len(in_pixels)} of {len(finished)}{which}: lengths are in pixels. "
            'Give --pixel-size "2.5 nm".'
        )


def _failure(outcome: "Outcome") -> str:
    """Why an image failed, with its name where the message does not tell it."""
    message, image = outcome.message, outcome.image
    is_named = image.name in message if image else message.startswith(outcome.name)
    return message if is_named else f"{image or outcome.name}: {message}"


def _looked_for(outcome: "Outcome", noun: "Noun") -> str:
    """The size of objects that the network was set to: a hint where the reader's objects are of another."""
    from uniaims.pages.units import length_text

    if outcome.diameter_px is None:
        return ""
    length = f" ({length_text(outcome.diameter_px * outcome.pixel_size_nm)})" if outcome.pixel_size_nm else ""
    return f"; looked for {noun.plural} of about {outcome.diameter_px:.0f} px{length} across"


def _say_counts(result: "BatchResult") -> None:
    done, skipped, failed = (len(result.having(status)) for status in ("done", "skipped", "failed"))
    counts = [f"{done} analysed", f"{skipped} done before", f"{failed} failed"]
    speed = pace(done, result.seconds) if done > 1 else ""
    said = ", ".join(text for text in counts if not text.startswith("0 "))
    say(f"{said}, in {result.seconds:.1f} s" + (f", {speed}" if speed else ""))
    if (result.output / "index.html").is_file():
        say(f"Overview: {result.output / 'index.html'}")


def _say_evaluation(evaluation: "DatasetEvaluation") -> None:
    whole = evaluation.whole
    scores = list(whole.mean.as_dict())
    images = evaluation.images if len(evaluation.images) <= MOST_LINES else {}
    rows = {stem: each.as_dict() for stem, each in images.items()}
    rows |= {"mean of images": whole.mean.as_dict(), "all objects pooled": whole.pooled.as_dict()}
    say_table(["image", *scores], [[name, *(_figure(row[score]) for score in scores)] for name, row in rows.items()])
    pooled = whole.pooled
    predicted = counted(pooled.predicted_count, "predicted object")
    say(f"{counted(whole.image_count, 'image')}, {pooled.true_count:,} true and {predicted}")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
