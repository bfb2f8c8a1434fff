"""The security document names what is there: every row, every path, every test, one of three states."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "security.md"
PLACES = (ROOT, ROOT / "src" / "minfang")
STATES = {"已做", "部分", "未做"}
ROWS = range(1, 70)
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+")


def tables() -> Iterator[list[list[str]]]:
    """Every table as rows of cells, its head first."""
    rows: list[list[str]] = []
    for line in [*DOCUMENT.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            yield [rows[0], *rows[2:]]
            rows = []


def quoted() -> list[str]:
    """Everything written as code."""
    return re.findall(r"`([^`]+)`", DOCUMENT.read_text(encoding="utf-8"))


@lru_cache(maxsize=128)
def functions_of(file: Path) -> frozenset[str]:
    """The names of the functions a test module has; none where there is no module."""
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_requirement_stands_in_the_document_once() -> None:
    found = [int(row[0]) for table in tables() for row in table[1:] if row[0].isdecimal()]
    assert found == list(ROWS)


def test_every_row_has_as_many_cells_as_its_table() -> None:
    for table in tables():
        assert [row for row in table if len(row) != len(table[0])] == []


def test_every_state_is_one_of_three_and_says_why_when_it_is_not_whole() -> None:
    judged = 0
    for head, *rows in tables():
        if "状态" not in head:
            continue
        at = head.index("状态")
        for row in rows:
            judged += 1
            assert row[at] in STATES, row
            assert row[at] == "已做" or row[at + 1], f"{row[0]} gives no reason"
            shown = row[head.index("测试")] != "—"
            assert row[at] != "已做" or shown, f"{row[0]} is said to be done without a test"
            assert row[at] != "未做" or not shown, f"{row[0]} names a test of what is not done"
    assert judged > len(ROWS)


def test_every_path_named_is_there() -> None:
    named = [text.split("::")[0] for text in quoted() if PATH.fullmatch(text.split("::")[0])]
    assert len(named) > 150
    assert sorted({n for n in named if not any((place / n).exists() for place in PLACES)}) == []


def test_every_test_named_is_there() -> None:
    named = [text.split("::") for text in quoted() if "::" in text]
    assert len(named) > 100
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not name.startswith("test_") or name not in functions_of(ROOT / file)
    ]
    assert missing == []
