"""The studio: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from frontend.assets import MIDDLEWARE
from frontend.pages import addresses
from frontend.warm import ready

ICON = (Path(__file__).parent / "frontend" / "icon.svg").read_text(encoding="utf-8")


def main() -> None:
    """The page that is asked for, its title first: the rest is imported once that is shown."""
    page = st.navigation(addresses(), position="top")
    st.set_page_config(f"{page.title} · tensor diagrams", page_icon=ICON, layout="wide")
    page.run()


if __name__ == "__main__":
    main()
else:  # the server; it runs this file for each visit
    app = st.App(__file__, lifespan=ready, middleware=MIDDLEWARE)
