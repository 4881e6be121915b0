"""The interpreter that teaches: step after step, each with its equation, shapes and value."""

from diagram.runtime.teach.step import TeachingStep
from diagram.runtime.teach.walk import Walk, walk

__all__ = ["TeachingStep", "Walk", "walk"]
