"""Convolutions from Python: clauses at the end of a product."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from diagram.language.builder.sizes import Length, Pad, pad_text
from diagram.language.builder.text import names_of

if TYPE_CHECKING:
    from diagram.language.builder.values import Product


class Convolvable(ABC):
    """What can be read as a product, and so end with convolutions."""

    @property
    @abstractmethod
    def product(self) -> Product:
        """The one product that it is; a sum becomes a bracket."""

    def corr(
        self,
        edges: str,
        *,
        stride: Length | None = None,
        dilation: Length | None = None,
        up: Length | None = None,
        pad: Pad | None = None,
        **others: Pad,
    ) -> Product:
        """This product correlated along these edges, as torch's Conv layers do."""
        given = {"stride": stride, "dilation": dilation, "up": up, "pad": pad, **others}
        return self._convolved("corr", edges, given)

    def conv(
        self,
        edges: str,
        *,
        stride: Length | None = None,
        dilation: Length | None = None,
        up: Length | None = None,
        pad: Pad | None = None,
        **others: Pad,
    ) -> Product:
        """This product convolved along these edges: the kernel is flipped."""
        given = {"stride": stride, "dilation": dilation, "up": up, "pad": pad, **others}
        return self._convolved("conv", edges, given)

    def _convolved(self, star: str, edges: str, options: Mapping[str, Pad | None]) -> Product:
        clause = " ".join((star, *names_of(edges)))
        written = [f"{name}={pad_text(pad)}" for name, pad in options.items() if pad is not None]
        clause += f" ({', '.join(written)})" if written else ""
        return replace(self.product, stars=(*self.product.stars, clause))
