"""What an import shows before and after."""

from minfang.kernel.base.schemas import Schema


class ImportLine(Schema):
    """One row of the file; ``verdict`` NEW, CHANGED or WRONG, ``notes`` what changes or what is wrong."""

    number: int
    verdict: str
    key: str
    name: str
    notes: list[str]


class ImportPreview(Schema):
    """What a file would do; ``lines`` shows the first rows, wrong ones first."""

    total: int
    new: int
    changed: int
    same: int
    wrong: int
    ignored: list[str]
    lines: list[ImportLine]


class ImportDone(Schema):
    """What an import has done."""

    made: int
    changed: int
    same: int
    skipped: int
