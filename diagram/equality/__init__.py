"""What makes two programs the same picture, and what differs where they are not."""

from diagram.equality.compare import canonical, equivalent
from diagram.equality.difference import diff

__all__ = ["canonical", "diff", "equivalent"]
