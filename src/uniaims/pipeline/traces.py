"""Old name of `uniaims.pipeline.provenance`, for one release."""

from uniaims.deprecation import old_names

_NAMES = (
    "confidence_in_force",
    "method_sentences",
    "printed_boxes",
    "scale_bar_note",
    "scale_bar_rows",
    "scale_bar_trace",
    "scale_facts",
    "settings_in_words",
)
__getattr__ = old_names(__name__, {name: f"uniaims.pipeline.provenance.{name}" for name in _NAMES})
