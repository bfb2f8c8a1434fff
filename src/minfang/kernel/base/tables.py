"""Tables as CSV for spreadsheets: UTF-8 with its mark, and no cell that becomes a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

MARK = "\ufeff".encode()
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(head: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The mark, the head and the rows, each as it is asked for: a long table is never in memory whole."""
    yield MARK + _line(head)
    for row in rows:
        yield _line([_plain(cell) for cell in row])


def _plain(cell: object) -> object:
    """A text of strangers as text; numbers, also negative ones, stay numbers."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _line(cells: Sequence[object]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
