"""What the editor of the document sent: taken before anything is drawn, on whichever page."""

from __future__ import annotations

from frontend.document import current, revision, write
from frontend.editor import edited
from frontend.programs import Store

EDITOR, NOTE = "playground.editor", "playground.note"


def take(store: Store) -> None:
    """The text that was sent last becomes the document, also where the reader has left its page."""
    text = edited(EDITOR, revision(store))
    if text is not None and text != current(store).text:
        write(store, text)
        store.pop(NOTE, None)
