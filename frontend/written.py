"""What was written and drawn: taken before anything is shown, on whichever page."""

from __future__ import annotations

from frontend.board import log
from frontend.board.picture import kept
from frontend.document import current, revision, write
from frontend.editor import edited
from frontend.programs import Store

EDITOR, NOTE, CANVAS = "playground.editor", "playground.note", "playground.canvas"


def take(store: Store) -> None:
    """What was sent last becomes the document, also where the reader has left its page."""
    text = edited(EDITOR, revision(store))
    if text is not None and text != current(store).text:
        written(store, text)
        store.pop(NOTE, None)
    log.take(store, store.get(CANVAS))


def written(store: Store, text: str) -> None:
    """The text is this one; what was put somewhere in the picture stays there."""
    write(store, text, kept)
