"""``uniaims dataset``: datasets made, looked into, checked, shared out, merged and compared."""

import sys
from collections.abc import Callable, Iterable, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.console import counted, progress_bars, say, say_error, say_facts, say_json, say_warning
from uniaims.cli.flags import PlainCommand
from uniaims.errors import SettingsError

if TYPE_CHECKING:
    from uniaims.dataset import Dataset
    from uniaims.dataset.differences import Difference, ImageDifference
    from uniaims.dataset.ingest import Placement
    from uniaims.dataset.validation import Fault

MOST_WARNINGS = 20
"""Of more warnings than these, an import shows the first."""
MOST_NAMES = 5
"""Of more images than these, only the first are named in a line."""
NUMBER_FIELDS = ("pixel_size_nm",)
TRUTH_FIELDS = ("synthetic",)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Folder = Annotated[Path, typer.Argument(metavar="DATASET", help="Folder of the dataset.")]


def import_(
    sources: Annotated[list[Path], typer.Argument(help="Files, folders, zip archives or datasets, in any format.")],
    output: Annotated[Path, typer.Option(help="Folder of the dataset; made if it is not there, else added to.")],
    form: Annotated[str, typer.Option("--format", help="Name of the format; guessed if not given.")] = "",
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Give all images a value; repeatable.")
    ] = None,
    link: Annotated[bool, typer.Option("--link", help="Reference images by their path in place of copying.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace images of the same name.")] = False,
) -> None:
    """Import images and labels; bad images are listed at the end, and the same command goes on where it ended."""
    from uniaims.guard import warm

    warm("uniaims.dataset.exchange.pictures")
    from uniaims.dataset.transfer import ImportSettings, import_sources

    settings = ImportSettings(
        form, _fields(values or []), "reference" if link else "copy", "replace" if replace else "skip"
    )
    with progress_bars() as progress:
        result = import_sources(sources, output, settings, progress)
    for fault in result.faults:
        subject = [str(fault.source)] if str(fault.source) not in fault.message else []
        say_error(": ".join([*subject, *([fault.image_id] if fault.image_id else []), fault.message]))
    for warning in result.warnings[:MOST_WARNINGS]:
        say_warning(warning)
    if len(result.warnings) > MOST_WARNINGS:
        say_warning(f"{counted(len(result.warnings) - MOST_WARNINGS, 'more warning')} of this kind.")
    counts = {"added": result.added, "there already": result.already, "not imported": len(result.faults)}
    say(f"{', '.join(f'{count:,} {name}' for name, count in counts.items() if count) or 'no image found'}: {output}")
    raise typer.Exit(1 if result.faults else 0)


def export(
    dataset: Folder,
    form: Annotated[str, typer.Option("--format", help="Name of the format; see `uniaims dataset formats`.")],
    output: Annotated[Path, typer.Option(help="New folder.")],
    where: Annotated[str, typer.Option(help="Only images for which this condition in SQL holds.")] = "",
) -> None:
    """Write images with their labels in another format."""
    from uniaims.dataset import Dataset
    from uniaims.dataset.transfer import export as export_dataset

    count = export_dataset(Dataset.open(dataset), form, output, where, say_warning)
    say(f"{counted(count, 'image')} written as {form}: {output}")


def query(
    dataset: Folder,
    condition: Annotated[
        str, typer.Argument(help="In SQL, as \"modality = 'SEM' and instances > 4000\"; or a whole SELECT.")
    ] = "",
    as_json: Json = False,
) -> None:
    """List the images for which a condition holds, or answer a SELECT over the tables images and instances."""
    from uniaims.dataset import Dataset

    opened = Dataset.open(dataset)
    if condition.lower().split(maxsplit=1)[:1] in (["select"], ["with"]):
        table = opened.sql(condition)
    else:
        table = opened.select(condition)
    if not table.height and (unset := opened.never_set(condition)):
        say_warning(_why_nothing(unset))
    if as_json:
        sys.stdout.write(table.write_json() + "\n")
        return
    if set(_SHORT) <= set(table.columns):
        table = table.select(name for name in _SHORT if set(table[name].unique()) - {None, ""})
    _say_rows(table.columns, table.iter_rows())
    say(counted(table.height, "row"))


def validate(
    dataset: Folder,
    quick: Annotated[
        bool, typer.Option("--quick", help="Don't read the images, only see that they are there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find everything that is wrong, and say what to do about it."""
    from dataclasses import asdict

    from uniaims.dataset import Dataset
    from uniaims.dataset.validation import SEVERITIES
    from uniaims.dataset.validation import validate as validate_dataset

    opened = Dataset.open(dataset)
    with progress_bars() as progress:
        faults = validate_dataset(opened, not quick, progress)
    if as_json:
        say_json([asdict(fault) for fault in faults])
    else:
        for fault in faults:
            _say_fault(fault)
        counts = [counted(sum(fault.severity == each for fault in faults), each) for each in SEVERITIES]
        say(f"{_extent(opened)}: {', '.join(counts)}")
    raise typer.Exit(1 if any(fault.severity == "error" for fault in faults) else 0)


def stats(
    dataset: Folder,
    output: Annotated[Path, typer.Option(help="HTML page to write.")],
    where: Annotated[str, typer.Option(help="Only images for which this condition in SQL holds.")] = "",
) -> None:
    """Write a page of what is in a dataset: counts, sizes, attributes, states and pictures."""
    from uniaims.dataset import Dataset
    from uniaims.dataset.statistics_page import write_statistics

    opened = Dataset.open(dataset)
    with progress_bars() as progress:
        write_statistics(output, opened, where, progress)
    say(f"{_extent(opened)}: {output}")


def split(
    dataset: Folder,
    fractions: Annotated[
        tuple[float, float, float], typer.Option(help="Shares of training, validation and test; 0 for none.")
    ] = (0.8, 0.1, 0.1),
    by: Annotated[list[str] | None, typer.Option(help="Field whose values stay together; repeatable.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same split.")] = 0,
) -> None:
    """Share the images out to training, validation and test; near-duplicates and groups stay together."""
    from uniaims.dataset import Dataset
    from uniaims.dataset.splits import NAMES
    from uniaims.dataset.splits import split as split_dataset

    opened = Dataset.open(dataset)
    result = split_dataset(opened, fractions, by or ["group"], seed)
    opened.describe({name: {"split": part} for name, part in result.of.items()})
    structures = sorted({structure for _, structure in result.counts})
    used = [name for name in NAMES if name in result.of.values()]
    rows = [[name or "not said", *(str(result.counts.get((part, name), 0)) for part in used)] for name in structures]
    _say_rows(["structure", *used], rows)
    groups = counted(result.group_count, "group that stays", "groups that stay")
    say(f"{counted(len(result.of), 'image')} in {groups} together")


def merge(
    datasets: Annotated[list[Path], typer.Argument(help="Folders of datasets, two or more.")],
    output: Annotated[Path, typer.Option(help="New folder.")],
    link: Annotated[bool, typer.Option("--link", help="Hard-link images in place of copying.")] = False,
) -> None:
    """Merge datasets: clashing names are changed, images that are the same file come once."""
    from uniaims.dataset import Dataset
    from uniaims.dataset.merging import merge as merge_datasets

    with progress_bars() as progress:
        placement: Placement = "hard link" if link else "copy"
        result = merge_datasets([Dataset.open(folder) for folder in datasets], output, placement, progress)
    for (folder, before), after in result.renamed.items():
        say(f"{folder}: {before} is now {after}")
    for each in result.duplicates:
        note = "" if each.same_labels else ", whose labels differ and were kept"
        say_warning(f"{each.folder}: {each.image_id} left out, the same file as {each.kept}{note}")
    say(f"{_extent(result.dataset)}: {output}")


def diff(
    before: Annotated[Path, typer.Argument(help="Dataset, or folder with images/ and masks/.")],
    after: Annotated[Path, typer.Argument(help="Another version of the labels of the same images.")],
    overlay: Annotated[Path | None, typer.Option(help="Folder for a picture of each image that changed.")] = None,
    as_json: Json = False,
) -> None:
    """Say which instances were added, removed and changed between two versions of labels."""
    from uniaims.dataset.differences import difference

    with progress_bars() as progress:
        found = difference(before, after, overlay, progress)
    if as_json:
        say_json(found.as_dict())
    else:
        _say_difference(found)


def formats(as_json: Json = False) -> None:
    """List the formats that are read and written."""
    from dataclasses import asdict

    from uniaims.dataset.exchange import FORMATS

    if as_json:
        described = [
            {"name": form.name, "description": form.description} | asdict(form.traits) for form in FORMATS.values()
        ]
        say_json(described)
        return
    say_facts({form.name: form.description for form in FORMATS.values()})


COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_,
    "export": export,
    "query": query,
    "validate": validate,
    "stats": stats,
    "split": split,
    "merge": merge,
    "diff": diff,
    "formats": formats,
}
"""In the order in which the help lists them."""

_SHORT = (
    "image_id",
    "modality",
    "structure",
    "material",
    "width_px",
    "height_px",
    "instances",
    "review_state",
    "split",
)


def group() -> typer.Typer:
    """The commands that stand behind ``uniaims dataset``."""
    app = typer.Typer(name="dataset", help="Datasets: import, export, query, validate, split.", no_args_is_help=True)
    for name, command in COMMANDS.items():
        app.command(name, cls=PlainCommand)(command)
    return app


def _why_nothing(unset: Sequence[str]) -> str:
    return (
        f"no image has a value for {' or '.join(unset)}. Set it where images come in, as "
        f"`uniaims dataset import ... --set {unset[0]}=...`, or by `Dataset.describe` in Python."
    )


def _fields(texts: Sequence[str]) -> dict[str, Any]:
    """Values of record fields from ``field=value``."""
    values: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise SettingsError(f"--set {text!r}: wanted field=value, as --set modality=SEM.")
        values[name.strip()] = _value(name.strip(), value.strip())
    return values


def _value(name: str, text: str) -> Any:
    if name in TRUTH_FIELDS:
        if text.lower() not in {"true", "false"}:
            raise SettingsError(f"{name} is {text!r}: wanted true or false.")
        return text.lower() == "true"
    if name not in NUMBER_FIELDS:
        return text
    try:
        return float(text)
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}: wanted a number, as 2.5.") from error


def _say_fault(fault: "Fault") -> None:
    text = f"{fault.subject}: {_names(fault.files)}: {fault.message} {fault.remedy}"
    if fault.severity == "error":
        say_error(text)
    elif fault.severity == "warning":
        say_warning(f"(warning) {text}")
    else:
        say_warning(text)


def _extent(dataset: "Dataset") -> str:
    """``3 images, 120 instances``."""
    return f"{counted(len(dataset), 'image')}, {counted(dataset.instance_count, 'instance')}"


def _say_difference(found: "Difference") -> None:
    rows = [
        [*map(str, (image.image_id, image.before, image.after, image.added, image.removed, image.changed)), _iou(image)]
        for image in found.images
        if image.differs
    ]
    if rows:
        _say_rows(["image", "before", "after", "added", "removed", "changed", "mean IoU"], rows)
    for name, ids in (("only before", found.only_before), ("only after", found.only_after)):
        if ids:
            say(f"{name}: {_names(ids)} ({counted(len(ids), 'image')})")
    say(f"{counted(len(found.images), 'image')} in both, {counted(len(rows), 'differs', 'differ')}")


def _iou(image: "ImageDifference") -> str:
    return "-" if isnan(image.mean_iou) else f"{image.mean_iou:.4f}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")


def _say_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table as wide as it needs to be, so that nothing is cut where it goes into a file."""
    lines = [list(columns), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _shown(cell: object) -> str:
    return "-" if cell is None or cell == "" else f"{cell:.6g}" if isinstance(cell, float) else str(cell)
