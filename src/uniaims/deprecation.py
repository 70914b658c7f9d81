"""Names that changed: the old one works for one release and warns."""

import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from typing import Any, TypeVar, cast

Called = TypeVar("Called", bound=Callable[..., Any])
Made = TypeVar("Made")


def warn_of_old_name(old: str, new: str, stacklevel: int = 3) -> None:
    """Warn whoever is ``stacklevel`` calls up, the caller of our caller if not told, that ``old`` is ``new`` now."""
    warnings.warn(f"{old} goes with the next release: use {new}.", DeprecationWarning, stacklevel=stacklevel)


def old_names(module: str, homes: Mapping[str, str]) -> Callable[..., Any]:
    """A module's ``__getattr__`` (PEP 562) for names that are elsewhere now.

    Args:
        module: ``__name__`` of the module that had them.
        homes: old name -> where it is now, ``"package.module.name"``.
    """

    def get(name: str, stacklevel: int = 3) -> Any:
        """What the old name means now."""
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, _, new = homes[name].rpartition(".")
        warn_of_old_name(f"{module}.{name}", homes[name], stacklevel)
        return getattr(import_module(home), new)

    return get


def old_argument(old: str, new: str) -> Callable[[Called], Called]:
    """Decorate a function whose argument ``old`` is called ``new`` now."""

    def decorate(called: Called) -> Called:
        """The function, which takes the old name too."""

        @wraps(called)
        def run(*values: Any, **named: Any) -> Any:
            """Call it with the names that its arguments have now."""
            if old in named:
                warn_of_old_name(f"{called.__name__}({old}=)", new)
                named[new] = named.pop(old)
            return called(*values, **named)

        return cast("Called", run)

    return decorate


class OldAttribute:
    """An attribute of a class under the name that it had; a class variable ``old = OldAttribute("new")``."""

    def __init__(self, new: str) -> None:
        self.new = new

    def __set_name__(self, owner: type, name: str) -> None:
        self._old = f"{owner.__name__}.{name}"

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        warn_of_old_name(self._old, self.new)
        return getattr(instance, self.new)


def old_fields(made: type[Any]) -> dict[str, str]:
    """The fields of a class that had other names: old name -> new."""
    return {name: each.new for name, each in vars(made).items() if isinstance(each, OldAttribute)}


def takes_old_fields(made: type[Made]) -> type[Made]:
    """Let a dataclass be made with the names of its `OldAttribute` too; stands above ``@dataclass``."""
    begin, renamed = made.__init__, old_fields(made)

    @wraps(begin)
    def init(self: Made, *values: Any, **named: Any) -> None:
        """Make one, with the names that its fields have now."""
        for old in renamed.keys() & named:
            warn_of_old_name(f"{made.__name__}({old}=)", renamed[old])
            named[renamed[old]] = named.pop(old)
        begin(self, *values, **named)

    made.__init__ = init  # type: ignore[method-assign, assignment]
    return made
