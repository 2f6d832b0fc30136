"""The Train page for tests: how to open it, and what is on it."""

import dataclasses
import io
import zipfile

from PIL import Image
from streamlit.testing.v1 import AppTest

from explorer.config import TrainConfig
from explorer.kinds import KINDS, Kind


def drawn(**query: str) -> AppTest:
    """The page at an address, as one script without the navigation."""

    def script():
        import streamlit as st

        from explorer.ui import state
        from explorer.ui.views.train import page

        names = ("explore", "train", "compare")
        state.remember_pages({name: st.Page(page.render, title=name) for name in names})
        page.render()

    test = AppTest.from_function(script, default_timeout=60)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def links(page: AppTest) -> list[str]:
    """Labels of the links to other pages, apart from those at the top of the sidebar."""
    return [link.proto.label for link in page.main.get("page_link")]


def button(page: AppTest, label: str):
    """The first button of this label."""
    return next(b for b in page.button if read(b.label) == read(label))


def read(markdown: str) -> str:
    """A label as a page shows it."""
    return markdown.replace("\\", "").replace("\u2060", "")


def of_kind(kind: Kind) -> TrainConfig:
    """Settings of a kind, as its form begins."""
    return dataclasses.replace(TrainConfig(data="digits"), kind=kind, **KINDS[kind].defaults)  # type: ignore[arg-type]


def choose_kind(page: AppTest, kind: str) -> AppTest:
    """Choose a kind of model in the form."""
    return next(b for b in page.selectbox if b.label == "Kind of model").set_value(kind).run()


def picture(color: tuple[int, int, int], width: int = 20, height: int = 0) -> bytes:
    """A PNG of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height or width), color).save(stream, "PNG")
    return stream.getvalue()


def archive(n: int = 6) -> bytes:
    """A zip of n pictures in two folders, and a file that is no picture."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        for i in range(n):
            out.writestr(f"{'sun' if i % 2 else 'möon'}/{i}.png", picture((40 * i, 0, 90)))
        out.writestr("sun/notes.png", b"no picture")
    return stream.getvalue()
