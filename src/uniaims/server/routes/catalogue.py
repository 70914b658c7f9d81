"""What there is to choose from: modes of analysis, models, formats, limits."""

from functools import cache

from fastapi import APIRouter

from uniaims.dataset.exchange import FORMATS
from uniaims.engine.uploads import LARGEST_BYTES
from uniaims.modes import MODES, mode_named
from uniaims.pipeline.settings import AnalysisSettings
from uniaims.server.bodies import ColumnFact, FormatFact, Limits, ModeFact, ModelFact, NounFact, SettingsFact
from uniaims.server.permits import Reader
from uniaims.server.routes.uploads import LARGEST_PART_BYTES
from uniaims.settings import json_schema

router = APIRouter(tags=["catalogue"])


@router.get("/analyses/modes")
def modes(_account: Reader) -> list[ModeFact]:
    """What an analysis can be made for: its words, columns, figures, and the form of its settings."""
    return [_mode(name) for name in MODES]


@router.get("/models")
def models(_account: Reader) -> list[ModelFact]:
    """The models that come with the program, the default first."""
    return list(_models())


@router.get("/formats")
def formats(_account: Reader) -> list[FormatFact]:
    """The formats of other programs that can be exported to."""
    return [FormatFact(name=each.name, description=each.description) for each in FORMATS.values()]


@router.get("/settings")
def settings(_account: Reader) -> SettingsFact:
    """What this server allows."""
    return SettingsFact(limits=Limits(upload_bytes=LARGEST_BYTES, upload_part_bytes=LARGEST_PART_BYTES))


def _mode(name: str) -> ModeFact:
    mode = mode_named(name)
    return ModeFact(
        name=name,
        title=mode.title,
        noun=NounFact(singular=mode.noun.singular, plural=mode.noun.plural),
        settings=json_schema(AnalysisSettings),
        columns=[
            ColumnFact(
                name=each.name,
                label=each.label,
                unit=each.unit(calibrated=True),
                pixel_unit=each.unit(calibrated=False),
                definition=each.definition,
                group=each.kind,
            )
            for each in mode.properties
        ],
        figures=[each.name for each in mode.figures],
    )


@cache
def _models() -> tuple[ModelFact, ...]:
    from uniaims.networks.catalogue import SHIPPED_MODELS
    from uniaims.runtime import available_models
    from uniaims.segmenter.settings import SegmenterSettings

    default = SegmenterSettings.model
    told = []
    for model in available_models():
        entry = SHIPPED_MODELS.get(model.path.stem)
        told.append(
            ModelFact(
                name=model.name,
                default=model.path.stem == default,
                description=model.card.description,
                advice=entry.advice if entry else "",
                nominal_diameter_px=model.nominal_diameter_px,
                megabytes=round(model.path.stat().st_size / 1e6, 1),
                mean_ap50=entry.mean_ap50 if entry else None,
                kinds=list(model.settings.kinds),
            )
        )
    return tuple(sorted(told, key=lambda each: not each.default))
