"""What instruments print into or below a micrograph.

::

    content_box(gray) -> Box        the part of the image that is micrograph, without banner and empty strips
"""

from uniaims.scalebar.banner import Box, content_box

__all__ = ["Box", "content_box"]
