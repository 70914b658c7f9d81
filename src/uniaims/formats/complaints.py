"""What tifffile says of a damaged TIFF while it is read, which else would go to standard error."""

import logging
import threading


class Complaints(logging.Handler):
    """Collects what tifffile logs in this thread about a damaged file while it is entered.

    Its decoders' own threads are silent meanwhile: a logger with a handler writes nothing to standard error.
    """

    _logger = logging.getLogger("tifffile")

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message of `record`."""
        if record.thread == self._thread:
            self._texts.append(record.getMessage())

    def __enter__(self) -> None:
        self._logger.addHandler(self)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)

    def summary(self) -> tuple[str, ...]:
        """One warning for all messages; none where there are none."""
        if not self._texts:
            return ()
        places = "1 place" if len(self._texts) == 1 else f"{len(self._texts)} places"
        return (f"the TIFF is damaged in {places}, the first: {self._texts[0]:.200}",)
