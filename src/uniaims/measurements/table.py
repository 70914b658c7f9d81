"""From labels to a table: what comes is checked here, once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars
from numpy.typing import ArrayLike, NDArray

from uniaims.boxes import Box
from uniaims.deprecation import OldAttribute, old_argument, warn_of_old_name
from uniaims.errors import ImageError, InputError, MissingDependencyError, PixelSizeError
from uniaims.labels import check_labels
from uniaims.measurements.border import Field, covered
from uniaims.measurements.files import Sheet, csv, parquet
from uniaims.measurements.instances import EdgeShapes, Floats, trace_instances
from uniaims.measurements.properties import PROPERTIES, Property
from uniaims.micrograph import Micrograph, PixelSize

if TYPE_CHECKING:
    import pandas

# the kernel is compiled for these; other types are widened first
_KERNEL_DTYPES = (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True)
class Measurements:
    """One row for each instance, one column for each property.

    Attributes:
        table: first column `label` (uint32, ascending); where kinds were given `kind` (text); then a column for each of
            `properties`; float64 but for `touches_border` (boolean), the bounding box (int32) and texts. What can't be
            measured is NaN, an empty text null.
        pixel_size: ``None`` if unknown: lengths then are in pixels.
        properties: what was measured, in the order of the columns.
        shape: height and width of the label image in pixels.
        reasons: property name -> why some of its values are NaN, with their number; only where there are any.
    """

    table: polars.DataFrame
    pixel_size: PixelSize | None
    properties: tuple[Property, ...]
    shape: tuple[int, int]
    reasons: dict[str, str]

    kinds = OldAttribute("kind_names")

    def __len__(self) -> int:
        """Return the number of instances."""
        return self.table.height

    def column(self, name: str) -> str:
        """Return the name of a property's column, which carries the unit: "area" -> "area_nm2".

        Raises:
            InputError: if the property was not measured.
        """
        return self._property(name).column(calibrated=self.pixel_size is not None)

    def unit(self, name: str) -> str:
        """Return the unit of a property for the eye: "area" -> "nm²"; empty for numbers without unit.

        Raises:
            InputError: if the property was not measured.
        """
        return self._property(name).unit(calibrated=self.pixel_size is not None)

    def has(self, *names: str) -> bool:
        """Whether these properties were measured."""
        return {each.name for each in self.properties}.issuperset(names)

    def values(self, name: str) -> Floats:
        """Return the values (N,) float64 of a property, in the unit of its column; NaN where it can't be measured.

        Raises:
            InputError: if the property was not measured, or is text.
        """
        series = self.table[self.column(name)]
        if series.dtype == polars.String:
            raise InputError(f"{name!r} is text, no number. Take it from the table: table[{series.name!r}].")
        return series.cast(polars.Float64).to_numpy()

    @property
    def kind_names(self) -> tuple[str, ...]:
        """The kind (N) of each instance; empty where none were given."""
        return tuple(self.table["kind"]) if "kind" in self.table.columns else ()

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Which instances (N,) the border does not cut; all where `touches_border` was not measured."""
        if not self.has("touches_border"):
            return np.ones(len(self), np.bool_)
        whole: NDArray[np.bool_] = self.values("touches_border") == 0
        return whole

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which instances (N,) statistics of size and shape rest on: those with no reason in `excluded`."""
        if not self.has("excluded"):
            return self.complete
        rows: NDArray[np.bool_] = self.table["excluded"].is_null().to_numpy()
        return rows

    def select(self, rows: NDArray[np.bool_]) -> "Measurements":
        """Return the measurements of those instances where ``rows`` (N,) is true.

        Raises:
            InputError: if ``rows`` has another length.
        """
        if len(rows) != len(self):
            raise InputError(f"{len(rows)} flags came for {len(self)} instances. Give one flag for each row.")
        table = self.table.filter(polars.Series(np.asarray(rows, bool)))
        return replace(self, table=table, reasons=_reasons(table, self.properties, self.pixel_size))

    def inside(self) -> "Measurements":
        """Return the measurements of the instances that the border does not cut, as size statistics need them.

        Raises:
            InputError: if `touches_border` was not measured.
        """
        return self.select(self.values("touches_border") == 0)

    def to_polars(self) -> polars.DataFrame:
        """Return the table."""
        return self.table

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the table as a pandas data frame.

        Raises:
            MissingDependencyError: if pandas or pyarrow is not installed.
        """
        try:
            import_module("pandas")
            import_module("pyarrow")
        except ImportError as error:
            raise MissingDependencyError(
                f"{error.name} is not installed, and a pandas data frame needs it: pip install pandas pyarrow. "
                "to_polars() and to_csv() work without."
            ) from error
        return self.table.to_pandas()

    def to_csv(self, path: str | Path) -> None:
        """Write the table as CSV (UTF-8, comma, decimal point); NaN becomes an empty cell.

        Raises:
            OutputError: if the file can't be written.
        """
        csv.TYPE.write(Path(path), [self.sheet()])

    def sheet(self) -> Sheet:
        """The table with headings for people."""
        calibrated = self.pixel_size is not None
        return Sheet(
            "Objects",
            self.table,
            {each.column(calibrated=calibrated): each.heading(calibrated=calibrated) for each in self.properties},
        )

    def to_parquet(self, path: str | Path) -> None:
        """Write the table as Parquet.

        Raises:
            OutputError: if the file can't be written.
        """
        parquet.TYPE.write(Path(path), [self.sheet()])

    def _property(self, name: str) -> Property:
        known = {each.name: each for each in self.properties}
        if name in known:
            return known[name]
        if name in PROPERTIES:
            needs = PROPERTIES[name].needs
            advice = f"Give {needs}=... to measure()." if needs else "Name it in properties=... of measure()."
            raise InputError(f"{name!r} was not measured. {advice}")
        raise InputError(f"{name!r} is no measured property. There are: {', '.join(known)}.")


@old_argument("kinds", "kind_names")
def measure(
    labels: ArrayLike,
    pixel_size: PixelSize | str | float | None = None,
    image: ArrayLike | Micrograph | None = None,
    confidence: ArrayLike | None = None,
    *,
    content: Box | Field | None = None,
    kind_names: Sequence[str] | None = None,
    properties: Iterable[str | Property] | None = None,
    edges: EdgeShapes | None = None,
) -> Measurements:
    """Measure every instance of a label image.

    Args:
        labels: (H, W) label image, 0 = background; gaps between labels are fine. The pixels of one label are one
            instance, connected or not.
        pixel_size: side of a pixel: a `PixelSize`, a text with unit ("2.5 nm") or a number in nm. ``None``: that of
            ``image`` if it is a micrograph that has one, else unknown, and lengths are in pixels.
        image: (H, W) grey levels or (H, W, 3) RGB of which the luminance counts, any real dtype; or a micrograph.
            ``None``: no intensities.
        confidence: (N,) one for each instance in the order of the labels, or (largest label,) for labels from 1 on.
        content: the part of the image that shows the sample, where there is a banner; instances at its edges count as
            cut. With what is drawn into it: a `Field`. ``None``: the whole image. Four bare numbers, top, left, bottom,
            right, work for one release.
        kind_names: (N,) name of the kind of each instance, in the order of the labels; they become the column `kind`.
            ``None``: no such column.
        properties: the properties to measure, in the order of the columns: names of `PROPERTIES`, or others.
            ``None``: all for which what they need was given.
        edges: of the instances, in the order of their labels, where they were looked for in the grey levels.

    Raises:
        LabelsError: if the labels are no label image.
        PixelSizeError: if the pixel size is no length.
        ImageError: if the image has another shape than the labels.
        InputError: if confidence or kind names have the wrong length, the content lies outside of the image, a property
            is unknown or needs what was not given.
    """
    checked = check_labels(labels)
    size = _pixel_size(pixel_size, image)
    height, width = checked.shape
    aspect = size.aspect if size else 1.0
    field = _field(content, checked.shape)
    instances = trace_instances(checked, field.region, _gray(image, checked.shape), aspect)
    if confidence is not None:
        instances = replace(instances, confidence=_confidence(confidence, instances.labels))
    hidden = covered(checked, instances.labels, field.writing)
    instances = replace(instances, edges=edges, under_writing=hidden)
    chosen = _chosen(properties, image=image, confidence=confidence, edges=edges)
    columns = {
        each.column(calibrated=size is not None): _series(each.measure(instances, size.nm if size else None))
        for each in chosen
    }
    named = {} if kind_names is None else {"kind": _kind_column(kind_names, len(instances.labels))}
    table = polars.DataFrame({"label": instances.labels} | named | columns)
    return Measurements(table, size, chosen, (height, width), _reasons(table, chosen, size))


def _pixel_size(pixel_size: object, image: ArrayLike | Micrograph | None) -> PixelSize | None:
    if pixel_size is None:
        return image.pixel_size if isinstance(image, Micrograph) else None
    if isinstance(pixel_size, PixelSize):
        return pixel_size
    if isinstance(pixel_size, str):
        return PixelSize.parse(pixel_size)
    if isinstance(pixel_size, int | float | np.integer | np.floating) and not isinstance(pixel_size, bool):
        return PixelSize(float(pixel_size))
    raise PixelSizeError(f'pixel_size = {pixel_size!r} is no length. Give a text such as "2.5 nm" or a number in nm.')


def _field(content: Box | Field | Sequence[int] | None, shape: tuple[int, ...]) -> Field:
    if content is None:
        return Field(Box.whole(shape))
    if not isinstance(content, Box | Field):
        warn_of_old_name("measure(content=(top, left, bottom, right))", "a Box", stacklevel=5)
        content = Box.of_row(content)
    field = content if isinstance(content, Field) else Field(content)
    if not field.region.lies_in(shape):
        raise InputError(
            f"content = {field.region} is no part of an image of {shape[0]} x {shape[1]} px. "
            "Give a Box inside it, in pixels, bottom and right exclusive."
        )
    return field


def _gray(image: ArrayLike | Micrograph | None, shape: tuple[int, ...]) -> NDArray[np.generic] | None:
    """Give the image as (H, W) in a dtype of the kernel; NaN stays NaN."""
    if image is None:
        return None
    array = image.gray() if isinstance(image, Micrograph) else np.asarray(image)
    if array.ndim == 3:
        array = Micrograph.from_array(array).gray()
    if array.shape != shape:
        raise ImageError(
            f"The image has the shape {array.shape} and the labels {tuple(shape)}. Give the image of these labels."
        )
    if array.dtype.kind not in "buif":
        raise ImageError(f"The image has the type {array.dtype}. Give real grey levels.")
    return np.ascontiguousarray(array if array.dtype in _KERNEL_DTYPES else array.astype(np.float64))


def _confidence(confidence: ArrayLike, labels: NDArray[np.uint32]) -> Floats:
    values = np.asarray(confidence, np.float64)
    if values.shape == labels.shape:
        return values
    if values.ndim == 1 and len(labels) and len(values) == labels[-1]:
        return values[labels - 1]
    raise InputError(
        f"Confidence of shape {values.shape} came for {len(labels)} instances. Give one number for each instance."
    )


def _kind_column(kind_names: Sequence[str], count: int) -> polars.Series:
    if len(kind_names) != count:
        raise InputError(f"{len(kind_names)} kinds came for {count} instances. Give the name of one for each instance.")
    return polars.Series(list(kind_names), dtype=polars.String)


def _series(values: NDArray[np.generic]) -> polars.Series:
    """A column; empty texts are null."""
    if values.dtype.kind != "U":
        return polars.Series(values)
    return polars.Series([text or None for text in values.tolist()], dtype=polars.String)


def _chosen(properties: Iterable[str | Property] | None, **things: object) -> tuple[Property, ...]:
    """The properties that are measured, of which what they need is among the ``things`` that are not ``None``."""
    given = {None, *(name for name, thing in things.items() if thing is not None)}
    if properties is None:
        return tuple(each for each in PROPERTIES.values() if each.needs in given)
    asked = list(properties)
    if unknown := [each for each in asked if isinstance(each, str) and each not in PROPERTIES]:
        raise InputError(f"No such property: {', '.join(unknown)}. There are: {', '.join(PROPERTIES)}.")
    chosen = tuple(dict.fromkeys(PROPERTIES[each] if isinstance(each, str) else each for each in asked))
    for each in chosen:
        if each.needs not in given:
            raise InputError(f"{each.name!r} can't be measured without {each.needs}=... Give it to measure().")
    return chosen


def _reasons(table: polars.DataFrame, properties: tuple[Property, ...], pixel_size: PixelSize | None) -> dict[str, str]:
    reasons = {}
    for each in properties:
        column = table[each.column(calibrated=pixel_size is not None)]
        if missing := int(column.is_nan().sum()) if column.dtype.is_float() else 0:
            reasons[each.name] = f"{missing} of {table.height} not measured: {each.undefined}"
    return reasons
