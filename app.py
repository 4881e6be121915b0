"""The studio: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

ICON = (Path(__file__).parent / "frontend" / "icon.svg").read_text(encoding="utf-8")


def main() -> None:
    """The page, its title first: what takes longer is imported after it is on the screen."""
    st.set_page_config("Attention · tensor diagrams", page_icon=ICON, layout="wide")
    st.title("Attention", anchor=False)
    from frontend.attention import page

    page()


main()
