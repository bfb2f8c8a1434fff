"""Copies of documents for reading: a voided or replaced one is overprinted, the original stays as it is."""

import io

import pikepdf

from minfang.kernel.documents import engine

_OVERPRINT = """
#import "/lib/common.typ": *
#set document(title: data.word)
#set page(paper: "a4", margin: 0pt, fill: none)
#set text(font: fonts.title, weight: 700, size: 120pt, fill: rgb(200, 30, 30, 90))
#align(center + horizon, rotate(-35deg, data.word))
"""


def overprinted(pdf: bytes, word: str) -> bytes:
    """The same pages with a large ``word`` (作废, 已替换) across each; the copy's seal no longer verifies."""
    stamp = engine.render_pdf(_OVERPRINT, {"word": word})
    with pikepdf.open(io.BytesIO(pdf)) as book, pikepdf.open(io.BytesIO(stamp)) as layer:
        for page in book.pages:
            page.add_overlay(layer.pages[0], None)
        out = io.BytesIO()
        book.save(out)
    return out.getvalue()
