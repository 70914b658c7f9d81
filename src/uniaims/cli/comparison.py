"""``uniaims compare``: groups of analysed images side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from uniaims.cli.console import say, say_table, say_warning
from uniaims.cli.flags import settings_from, settings_of
from uniaims.cli.words import refuse_missing
from uniaims.errors import SettingsError
from uniaims.names import listed, shown_name

if TYPE_CHECKING:
    from uniaims.report.compared import ComparedGroups

NO_OUTPUT = "compare needs a folder for its page: add --output DIR, as in `uniaims compare A B --output comparison`."


@settings_from("uniaims.pipeline.comparison_settings.ComparisonSettings")
def compare(
    folders: Annotated[list[Path], typer.Argument(help="Results of analyse: its --output folders, or single ones.")],
    output: Annotated[
        Path | None, typer.Option(help="Folder for the page and its figures; made if it is not there. Needed.")
    ] = None,
    **flags: Any,
) -> None:
    """Compare the sizes in groups of analysed images: which differ, by how much, how sure that is."""
    refuse_missing(*folders)
    if output is None:
        raise SettingsError(NO_OUTPUT)
    from uniaims.pipeline.comparison_settings import ComparisonSettings

    settings = settings_of(ComparisonSettings, flags)
    from uniaims.pipeline.comparison import PAGE, compare_results, write_comparison
    from uniaims.report.files import refuse_report

    refuse_report(settings.report)
    compared = compare_results(folders, settings)
    write_comparison(output, compared, settings.report)
    _say_compared(compared)
    say(f"Comparison: {output / PAGE}")


def _say_compared(compared: "ComparedGroups") -> None:
    from uniaims.pages.units import interval, number
    from uniaims.report.comparison_sections import finding

    size, unit = compared.shown_unit.size, compared.shown_unit.symbol
    rows = []
    for group in compared.groups:
        figure = group.figures[compared.percentile]
        middle = number(figure.estimate / size)
        sure = interval(figure.low / size, figure.high / size)
        rows.append([group.name, f"{group.picture_count}", f"{group.object_count}", middle, sure])
    say_table(["group", "pictures", "objects", f"{compared.symbol} / {unit}", "interval"], rows)
    for pair in compared.pairs:
        say(finding(compared, pair))
    if compared.left_out:
        say_warning(f"in no group, so left out: {listed([shown_name(name) for name in compared.left_out])}")
    for warning in compared.warnings:
        say_warning(warning)
    if compared.differing:
        say_warning(f"not all were analysed alike ({', '.join(compared.differing)}): the page says which were.")
