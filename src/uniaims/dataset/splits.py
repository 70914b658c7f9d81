"""Splitting a dataset into training, validation and test, so that nothing that is tested was seen in training."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uniaims.dataset import likeness
from uniaims.dataset.schema import DESCRIPTIVE_FIELDS, VOCABULARIES
from uniaims.dataset.store import Dataset
from uniaims.errors import InputError, SettingsError

NAMES = VOCABULARIES["split"]


@dataclass(frozen=True)
class Split:
    """Which part each image goes to.

    Attributes:
        of: part by image id.
        group_count: number of groups that were kept together, single images included.
        counts: images by part and structure.
    """

    of: Mapping[str, str]
    group_count: int
    counts: Mapping[tuple[str, str], int]


def split(
    dataset: Dataset, fractions: Sequence[float] = (0.8, 0.1, 0.1), by: Sequence[str] = ("group",), seed: int = 0
) -> Split:
    """Share the images out; nothing is written (see `Dataset.describe`).

    Images stay together that share a value of one of the fields ``by``, are the same file, or nearly the same picture
    (see `uniaims.dataset.likeness`). Groups go, in random order but the largest first, where they leave the shares of
    all images and of each structure nearest to the fractions (after Sechidis et al. 2011, "On the stratification of
    multi-label data").

    Args:
        dataset: with at least as many groups as fractions.
        fractions: of training, validation and test; up to three numbers that add up to 1.
        by: fields of the record; unknown values hold nothing together.
        seed: of the order; the same images and the same seed give the same split.

    Raises:
        SettingsError: if fractions or fields can't be used.
        InputError: if there are fewer groups than parts.
    """
    shares = _checked_fractions(fractions)
    rows = dataset.images.with_row_index("place").sort("image_id").to_dicts()
    hashes = dataset.perceptual_hashes
    groups = _groups(rows, [hashes[row["place"]] for row in rows], _checked_fields(by))
    names, strata = np.unique([row["structure"] for row in rows], return_inverse=True)
    group_count = int(groups.max(initial=-1)) + 1
    sizes = np.zeros((group_count, len(names)))
    np.add.at(sizes, (groups, strata), 1)
    used = np.flatnonzero(shares)
    if group_count < len(used):
        raise InputError(
            f"{len(rows)} images in {group_count} groups can't be shared out to {len(used)} parts without parting a "
            f"group. Add images, or hold fewer together than by {', '.join(by)}."
        )
    part = used[_assigned(sizes, shares[used], np.random.default_rng(seed))][groups]
    of = {row["image_id"]: NAMES[int(p)] for row, p in zip(rows, part, strict=True)}
    counts = Counter((of[row["image_id"]], str(row["structure"])) for row in rows)
    return Split(of, group_count, counts)


def _checked_fractions(fractions: Sequence[float]) -> NDArray[np.float64]:
    shares = np.asarray(fractions, np.float64)
    if not (1 <= len(shares) <= len(NAMES) and (shares >= 0).all() and abs(shares.sum() - 1) < 1e-6):
        raise SettingsError(
            f"fractions are {', '.join(f'{share:g}' for share in shares)}: wanted up to three numbers from 0 up "
            f"that add up to 1, for {', '.join(NAMES)}, as 0.8 0.1 0.1."
        )
    return shares


def _checked_fields(by: Sequence[str]) -> Sequence[str]:
    wrong = [name for name in by if name not in DESCRIPTIVE_FIELDS or name == "split"]
    if wrong:
        raise SettingsError(f"{', '.join(wrong)}: wanted fields to split by: {', '.join(DESCRIPTIVE_FIELDS)}.")
    return by


def _groups(rows: Sequence[Mapping[str, object]], hashes: Sequence[bytes], by: Sequence[str]) -> NDArray[np.int64]:
    """Number (N,) of the group of each image."""
    links = [(i, i) for i in range(len(rows))]
    for field in (*by, "content_hash"):
        first: dict[object, int] = {}
        links += [(first.setdefault(row[field], i), i) for i, row in enumerate(rows) if row[field]]
    seen = [i for i, each in enumerate(hashes) if each]
    near = likeness.near_pairs(likeness.vectors([hashes[i] for i in seen]))
    pairs = np.concatenate([np.array(links, np.int64).reshape(-1, 2), np.array(seen, np.int64)[near]])
    return likeness.clusters(len(rows), pairs)


def _assigned(sizes: NDArray[np.float64], shares: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Part (G,) of each group; ``sizes`` (G, K) images of each structure.

    The cost of a part is the sum, over all images and over each structure, of (share reached - share wanted)^2 / share
    wanted, so that small parts are not filled beyond their measure.
    """
    totals = np.concatenate([sizes.sum(axis=0), [sizes.sum()]])
    added = np.concatenate([sizes, sizes.sum(axis=1, keepdims=True)], axis=1) / totals
    shuffled = rng.permutation(len(sizes))
    order = shuffled[np.argsort(-_rank(sizes.sum(axis=1)[shuffled]), kind="stable")]
    reached = np.zeros((len(shares), added.shape[1]))
    part = np.zeros(len(sizes), np.int64)
    for group in order:
        before = (reached - shares[:, None]) ** 2
        after = (reached + added[group] - shares[:, None]) ** 2
        cost = ((after - before) / shares[:, None]).sum(axis=1)
        part[group] = int(np.argmin(cost))
        reached[part[group]] += added[group]
    return _none_empty(part, len(shares))


def _none_empty(part: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The parts (G,) with one group moved into each part that got none, from the part that has most."""
    for empty in sorted(set(range(count)) - set(part.tolist())):
        fullest = int(np.argmax(np.bincount(part, minlength=count)))
        part[np.flatnonzero(part == fullest)[-1]] = empty
    return part


def _rank(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sizes of groups where they matter for the order: those above 1 % of all images; smaller ones are alike."""
    return np.where(sizes > 0.01 * sizes.sum(), sizes, 0)
