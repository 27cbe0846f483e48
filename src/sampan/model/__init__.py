"""The planning model: variables, equations and objectives over a sparse matrix."""

from sampan.model.build import Model, build

__all__ = ["Model", "build"]
