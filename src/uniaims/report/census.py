"""Old name of `uniaims.report.image_counts`, for one release."""

from uniaims.deprecation import old_names

_HOME = "uniaims.report.image_counts"
__getattr__ = old_names(
    __name__,
    {
        "Census": f"{_HOME}.ImageCounts",
        "take_census": f"{_HOME}.image_counts",
        "content_area": f"{_HOME}.content_area",
    },
)
