"""The sentences of a report, in the language that is spoken: one module for each, with the same functions.

``wording.finding(findings)`` says it in the language of `uniaims.pages.language.speaking`.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

from uniaims.pages.language import spoken
from uniaims.report.wording.en import HASH_DIGITS

__all__ = ["HASH_DIGITS"]


def wording_in(language: str) -> ModuleType:
    """The sentences in a language."""
    return import_module(f"uniaims.report.wording.{language}")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(wording_in(spoken()), name)
