"""The board of the playground as a hand uses it: nodes, legs, buttons, and when it is at rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from diagram import Program, parse
from diagram.language.core import nodes
from frontend.document import Document
from frontend.link import decode

PATIENCE = 60_000


@dataclass(frozen=True)
class Hand:
    """A pointer, and nothing else: no key is pressed."""

    page: Page

    @property
    def board(self) -> Locator:
        return self.page.locator(".board")

    def rest(self) -> None:
        """Waits until Python has taken all that was done, and the picture shows it."""
        expect(self.board).to_have_attribute("data-waiting", "0", timeout=PATIENCE)

    def press(self, name: str) -> None:
        self.board.get_by_role("button", name=name, exact=True).click()

    def thing(self, path: str) -> Locator:
        return self.board.locator(f'[data-path="{path}"]')

    def grip(self, leg: str) -> Locator:
        return self.board.locator(f'.grip[data-leg="{leg}"]').first

    def choose(self, leg: str) -> None:
        self.grip(leg).locator(".knob").click()

    def middle(self, found: Locator) -> tuple[float, float]:
        box = found.bounding_box(timeout=PATIENCE)
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, found: Locator, to: tuple[float, float]) -> None:
        self.page.mouse.move(*self.middle(found))
        self.page.mouse.down()
        self.page.mouse.move(to[0] - 9, to[1] - 7, steps=4)
        self.page.mouse.move(*to)
        self.page.mouse.up()
        self.rest()

    def join(self, one: str, other: str) -> None:
        """Drags a leg onto another one."""
        self.drag(self.grip(one).locator(".knob"), self.middle(self.grip(other).locator(".knob")))

    def batch(self, one: str, other: str) -> None:
        self.choose(one)
        self.press("Batch with …")
        self.choose(other)
        self.rest()

    def add(self, kind: str, *shapes: str) -> None:
        """Nodes of one kind, each with these legs."""
        self.press("Add node")
        panel = self.board.get_by_role("dialog")
        panel.get_by_role("button", name=kind, exact=True).click()
        before = ""
        for shape in shapes:
            if shape != before:
                for _ in before.split():
                    panel.get_by_role("button", name="Take the last leg away").click()
                for letter in shape.split():
                    panel.get_by_role("button", name=letter, exact=True).click()
            panel.get_by_role("button", name="Add it").click()
            self.rest()
            before = shape
        self.press("Add node")

    # -- what the text says -------------------------------------------------------------------

    @property
    def text(self) -> str:
        area = self.page.get_by_role("textbox", name="Text of the diagram")
        expect(area).to_be_visible(timeout=PATIENCE)  # after a reload it follows the picture
        return "\n".join(area.locator(".td-editor-line").all_inner_texts()).replace("\xa0", " ")

    @property
    def program(self) -> Program:
        return parse(self.text)

    def uses(self, value: str) -> list[str]:
        """The paths of the nodes that are a value."""
        return self.uses_of(self.program, value)

    @staticmethod
    def uses_of(program: Program, value: str) -> list[str]:
        found = [
            f"{let.name}/{place}"
            for let in program.lets
            for place, node in enumerate(nodes(let.maker))
            if node.value == value
        ]
        return found or [value]

    def letter(self, node: str, axis: int) -> str:
        name, _, place = node.rpartition("/")
        return nodes(self.program.let[name].maker)[int(place)].edges[axis]

    # -- what the picture shows ---------------------------------------------------------------

    def places(self) -> dict[str, list[str]]:
        """Where each node is drawn."""
        found: dict[str, list[str]] = self.board.locator(".td-node").evaluate_all(
            "all => Object.fromEntries(all.map(one => [one.dataset.path,"
            " ['x', 'y'].map(name => one.querySelector('rect').getAttribute(name))]))"
        )
        return found

    @property
    def document(self) -> Document:
        """What the address holds, once it has all that was done."""
        link = self.board.evaluate("board => board.link()")
        expect(self.page).to_have_url(re.compile(re.escape(link)), timeout=PATIENCE)
        return decode(link)
