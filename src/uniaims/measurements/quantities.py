"""Old name of `uniaims.measurements.units`, for one release."""

from uniaims.deprecation import old_names

_HOME = "uniaims.measurements.units"
__getattr__ = old_names(__name__, {name: f"{_HOME}.{name}" for name in ("QUANTITIES", "Quantity", "QuantityName")})
