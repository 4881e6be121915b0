"""The bar of the document that pages share: what it is, its link, and its files."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from diagram import DiagramError
from frontend.document import Document, current
from frontend.link import encode
from frontend.notation import plain
from frontend.pages import ROOMS, link
from frontend.playground.files import Saved, saved


def bar(here: str) -> None:
    """The document's title, the other pages that show it, and how to share and save it."""
    store = st.session_state
    document = current(store)
    with st.container(key="bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(document.title)}**", width="stretch")
        for room in ROOMS.values():
            if room.has_document and room.name != here:
                link(room.name)
        with st.popover("Share", icon=":material/link:"):
            _share(document)
        save(document)
    if store.get("link.fault"):
        st.error(plain(str(store["link.fault"])), icon=":material/error:")
        st.button("Close", key="link.close", on_click=lambda: store.pop("link.fault", None))


def is_empty() -> bool:
    """Whether the document has nothing yet; then the page says so, and where to begin."""
    if current(st.session_state).is_empty:
        st.info(
            "The diagram is empty. Draw or write one in the Playground.", icon=":material/draw:"
        )
        return True
    return False


def _share(document: Document) -> None:
    st.markdown("Whoever opens this link sees the document as it is now; it is all in the link.")
    st.code(address(document), language=None, wrap_lines=True)


def address(document: Document) -> str:
    """The link to the document, wherever the studio runs."""
    here = urlsplit(st.context.url or "")
    base = f"{here.scheme}://{here.netloc}" if here.netloc else ""
    return f"{base}/playground?d={encode(document)}"


def save(document: Document, key: str = "save", label: str = "Save") -> None:
    """A menu of the document's files; `key` tells the menus of one page apart."""
    with st.popover(label, icon=":material/download:"):
        for file in saved(document):
            _download(file, key)


@st.dialog("Save")
def offer(document: Document) -> None:
    """The same over the page, where there are too many documents for menus."""
    st.markdown(f"**{plain(document.title)}**")
    for file in saved(document):
        _download(file, "offer")


def _download(file: Saved, key: str) -> None:
    st.download_button(
        file.label,
        lambda: _written(file),
        file.name,
        file.mime,
        key=f"{key}.{file.label}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def _written(file: Saved) -> str | bytes:
    """The content; in place of what cannot be made, a file that says why."""
    try:
        return file.write()
    except DiagramError as error:
        return f"{file.label} cannot be made: {error}\n"
