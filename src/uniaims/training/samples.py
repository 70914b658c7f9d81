"""What is learned from and what is validated on: samples at working scale, split by source."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.dataset import Sample, SampleFile, StoredSample, open_samples
from uniaims.errors import InputError
from uniaims.networks.card import Normalisation
from uniaims.progress import Progress
from uniaims.training.settings import TrainingSettings
from uniaims.working_scale import characteristic_diameter_px

PREPARED_DIAMETER_FACTOR = 1.5
"""Samples are kept so that their objects are at most this much larger than the nominal diameter."""
SHORTEST_SIDE_PX = 160
"""No micrograph is shrunk below this: objects nearly as large as the image keep their surroundings."""
SOURCES_FILE = "groups.csv"
"""In a plain folder: stem and source of each image, in the first two columns, below a line of titles."""
SYNTHETIC_FOLDER = "synthetic"
LONGEST_SIDE_PX = 32_766
"""OpenCV turns and scales no larger images."""

AnySampleFile = SampleFile | StoredSample


@dataclass(frozen=True)
class PreparedSample:
    """A sample at working scale: gray (H, W) uint8 after normalisation, labels (H, W) int32, known (H, W) uint8.

    ``diameter_px`` is its characteristic object diameter at that scale, 0 if it has no objects; ``original_px`` is
    the same in pixels of the micrograph. ``kinds`` (N + 1,) int8: the number of each label's kind in the settings, -1
    if it has none; empty if none has one.
    """

    gray: NDArray[np.uint8]
    labels: NDArray[np.int32]
    known: NDArray[np.uint8]
    diameter_px: float
    original_px: float = 0.0
    kinds: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))


@dataclass(frozen=True)
class TrainingData:
    """Samples of all data folders, one folder after the other, and the files held out.

    ``shares`` has a number for each folder (0..1, they add up to 1); ``sizes`` tells how many samples each has.
    """

    samples: tuple[PreparedSample, ...]
    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    held_out: tuple[AnySampleFile, ...]


def load_data(
    settings: TrainingSettings, normalisation: Normalisation, progress: Progress | None = None
) -> TrainingData:
    """Read and prepare everything that the settings name.

    Raises:
        InputError: if a folder or file can't be read, an image is too large, or there is no labelled object at all, or
            none of a kind.
    """
    sides = [divided(folder, settings) for folder in settings.data]
    training, held_out = [list(learned) for learned, _ in sides], [list(kept) for _, kept in sides]
    if settings.validation:
        held_out = [list(validated(folder)) for folder in settings.validation]
    shares = dataset_shares([len(files) for files in training], settings)
    if settings.synthetic:
        training.append(list(synthetic_files(settings, progress)))
        shares = (*(share * (1 - settings.synthetic_share) for share in shares), settings.synthetic_share)
    files = [file for group in training for file in group]
    prepared = []
    for done, file in enumerate(files, start=1):
        sample = file.read()
        ready = prepare(sample, normalisation, settings.nominal_diameter_px)
        _check_size(ready, file.stem)
        prepared.append(replace(ready, kinds=kind_numbers(sample.kinds, settings.kinds)))
        if progress:
            progress("reading samples", done, len(files))
    if not any(sample.diameter_px for sample in prepared):
        raise InputError("no sample has a labelled object. Check that masks/ holds label images (0 = background).")
    _check_kinds(prepared, settings)
    sizes = tuple(len(group) for group in training)
    return TrainingData(tuple(prepared), sizes, shares, thinned(held_out, settings.validation_images))


def divided(folder: Path, settings: TrainingSettings) -> tuple[tuple[AnySampleFile, ...], tuple[AnySampleFile, ...]]:
    """The files of a folder to learn from, and those held out for validation.

    In a dataset that is split, the images of its test part are left alone and those of its validation part held out.
    Otherwise a share of the sources is held out, drawn by the hash of their names: the same ones in every training.
    No source is on both sides.

    Raises:
        InputError: if nothing is left to learn from.
    """
    files = open_samples(folder)
    parts = {file.stem: _part(file) for file in files}
    learned = tuple(file for file in files if parts[file.stem] in {"", "train"})
    kept = tuple(file for file in files if parts[file.stem] == "validation")
    if not learned:
        raise InputError(f"{folder}: all images belong to the validation or test part. Give others, or split anew.")
    if kept or settings.validation:
        return learned, kept
    sources = sources_of(folder, learned)
    drawn = set(drawn_sources(sources.values(), settings.validation_share))
    kept = tuple(file for file in learned if sources[file.stem] in drawn)
    return tuple(file for file in learned if sources[file.stem] not in drawn), kept


def validated(folder: Path) -> tuple[AnySampleFile, ...]:
    """The files of a folder to validate on: of a dataset that is split its validation part alone, else all.

    Raises:
        InputError: if it is split and has no such part.
    """
    files = open_samples(folder)
    if not any(map(_part, files)):
        return files
    kept = tuple(file for file in files if _part(file) == "validation")
    if not kept:
        raise InputError(f"{folder}: a split dataset without validation part. Give another, or split it anew.")
    return kept


def drawn_sources(sources: Iterable[str], share: float) -> list[str]:
    """A share of the different sources, rounded, those whose hashes come first; never all of them."""
    names = sorted(set(sources), key=lambda name: hashlib.sha256(name.encode()).digest())
    return names[: min(round(share * len(names)), len(names) - 1)]


def sources_of(folder: Path, files: Sequence[AnySampleFile]) -> dict[str, str]:
    """Where each image comes from, by stem: its group in a dataset, or in ``groups.csv``; else it is its own source.

    Raises:
        InputError: if ``groups.csv`` can't be read.
    """
    groups: dict[str, str] = {}
    path = folder / SOURCES_FILE
    if path.is_file():
        try:
            with path.open(encoding="utf-8", newline="") as file:
                groups = {row[0]: row[1] for row in list(csv.reader(file))[1:] if len(row) > 1}
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError(
                f"{path}: can't be read ({error}). Wanted stem and source, with a comma between."
            ) from error
    return {file.stem: _group(file) or groups.get(file.stem) or file.stem for file in files}


def _part(file: AnySampleFile) -> str:
    return file.dataset.record(file.stem).split if isinstance(file, StoredSample) else ""


def _group(file: AnySampleFile) -> str:
    return file.dataset.record(file.stem).group if isinstance(file, StoredSample) else ""


def thinned(groups: Sequence[Sequence[AnySampleFile]], most: int) -> tuple[AnySampleFile, ...]:
    """At most so many files, of each group as many as the others allow, evenly over it."""
    turns = sorted((turn, number) for number, group in enumerate(groups) for turn in range(len(group)))[:most]
    counts = [sum(number == chosen for _, chosen in turns) for number in range(len(groups))]
    return tuple(
        group[round(index)]
        for group, count in zip(groups, counts, strict=True)
        for index in np.linspace(0, len(group) - 1, count)
    )


def dataset_shares(sizes: Sequence[int], settings: TrainingSettings) -> tuple[float, ...]:
    """How often each folder is drawn: as the settings say, else by its size to the power ``1 - dataset_balance``."""
    drawn = settings.shares or [size ** (1 - settings.dataset_balance) for size in sizes]
    return tuple(share / sum(drawn) for share in drawn)


def synthetic_files(settings: TrainingSettings, progress: Progress | None = None) -> tuple[AnySampleFile, ...]:
    """Make synthetic samples in the output folder; those that are there from an earlier start are kept.

    Raises:
        KeyboardInterrupt: after Ctrl-C or SIGTERM, with the signal's number where it is told; what is made is kept.
    """
    from uniaims.synthesis import RECIPES, ProductionSettings, synthesise

    names = list(RECIPES) if "all" in settings.synthetic else list(settings.synthetic)
    folder = settings.output / SYNTHETIC_FOLDER
    wanted = ProductionSettings(
        count=settings.synthetic_count, seed=settings.seed * settings.synthetic_count, workers=settings.loader_threads
    )
    done = synthesise(names, folder, wanted, progress=progress)
    if done.interrupted:
        raise KeyboardInterrupt(done.signal)
    return open_samples(folder)


def kind_numbers(kinds: Sequence[str], wanted: Sequence[str]) -> NDArray[np.int8]:
    """Number of each label's kind among the wanted ones, (N + 1,) from label 0 on; -1: none of them."""
    if not wanted or not kinds:
        return np.zeros(0, np.int8)
    numbers = {kind: number for number, kind in enumerate(wanted)}
    return np.array([-1, *(numbers.get(kind, -1) for kind in kinds)], np.int8)


def _check_size(sample: PreparedSample, stem: str) -> None:
    height, width = sample.gray.shape
    if max(height, width) > LONGEST_SIDE_PX:
        raise InputError(
            f"{stem}: {width} x {height} px, at the size that it is learned at. Training takes sides of at most "
            f"{LONGEST_SIDE_PX:,} px: cut the image and its mask into parts."
        )


def _check_kinds(samples: Sequence[PreparedSample], settings: TrainingSettings) -> None:
    """A kind without any object would be a head that says nothing; a model that has it already may go without."""
    present = {int(number) for sample in samples for number in np.unique(sample.kinds)}
    missing = [kind for number, kind in enumerate(settings.kinds) if number not in present]
    if missing and not settings.initial_weights:
        raise InputError(
            f"no object to learn from is of the kind {' or '.join(missing)}. Check the names in kinds/ or in the "
            "dataset, or leave these kinds out."
        )


def prepare(sample: Sample, normalisation: Normalisation, nominal_diameter_px: float) -> PreparedSample:
    """Normalise a sample and shrink it if its objects are much larger than the working scale needs."""
    gray = sample.micrograph.gray()
    scaled = (normalisation.range_of(gray).apply(gray) + np.float32(0.25)) * np.float32(255 / 1.5)
    eight_bit = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    labels, known = sample.labels.astype(np.int32), sample.known.astype(np.uint8)
    diameter = characteristic_diameter_px(labels)
    scale = PREPARED_DIAMETER_FACTOR * nominal_diameter_px / diameter if diameter else 1.0
    scale = min(1.0, max(scale, PREPARED_DIAMETER_FACTOR * SHORTEST_SIDE_PX / min(gray.shape)))
    prepared = PreparedSample(eight_bit, labels, known, diameter * scale, diameter)
    return prepared if scale == 1 else _shrunk(prepared, scale)


def _shrunk(sample: PreparedSample, scale: float) -> PreparedSample:
    size = tuple(max(1, round(side * scale)) for side in reversed(sample.gray.shape))
    return replace(
        sample,
        gray=cv2.resize(sample.gray, size, interpolation=cv2.INTER_AREA),
        labels=cv2.resize(sample.labels, size, interpolation=cv2.INTER_NEAREST_EXACT),
        known=cv2.resize(sample.known, size, interpolation=cv2.INTER_NEAREST_EXACT),
    )
