"""The version of the engine."""

from importlib import metadata


def version() -> str:
    """As installed; "0" from a source tree that is not."""
    try:
        return metadata.version("sampan")
    except metadata.PackageNotFoundError:
        return "0"
