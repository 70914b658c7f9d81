"""What training needs besides the base install; free of torch, so that its absence can be told."""

from importlib.util import find_spec

from uniaims.errors import MissingDependencyError

LIBRARIES = ("torch", "onnx", "onnxscript")
"""The last two write the finished model: better missed before the first step than after the last."""


def check_libraries(task: str) -> None:
    """Refuse a task, such as ``"training"``, for which a library is missing.

    Raises:
        MissingDependencyError: if one is.
    """
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise MissingDependencyError(
            f"{task} needs {', '.join(missing)}. Install what is missing with `pip install 'uniaims[train]'`."
        )
