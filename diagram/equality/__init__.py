"""What makes two programs the same picture, and what differs where they are not."""

from diagram.equality.compare import canonical, equivalent

__all__ = ["canonical", "equivalent"]
