"""What a thief of the database gets: after a whole case no clear number or address of a person (B.55)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.services.test_life_of_a_case import act, deliver, fill_in, sign, submit
from tests.support.sandbox import Sandbox

from minfang.kernel.iam.models import Person
from minfang.services.models import Case

NUMBERS = re.compile(r"(?<!\d)(1[3-9]\d{9}|\d{17}[\dX])(?!\d)")
PRIVATE = {
    "contact_address": "上海市普陀区真北路 915 弄 6 号 1402 室",
    "delivery_address": "真北路 915 弄 6 号 1403 室",
    "contact_tel": "021-60000177",
    "contact_email": "private.mail@lanting.example.com",
}
OPINION = "请联系 13800000101 补充"


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a form with its path."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    elif isinstance(value, str):
        yield path, value


def dump() -> Iterator[tuple[str, str]]:
    """Every row of every table as the database's owner reads it; binary columns are hexadecimal."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                yield table, row


def where(needle: str, rows: list[tuple[str, str]]) -> set[str]:
    """The tables in which a text stands in the clear, as text or as bytes."""
    forms = (needle, needle.encode().hex())
    return {table for table, row in rows if any(form in row for form in forms)}


@pytest.mark.django_db(transaction=True)
def test_a_dump_after_a_whole_case_holds_no_number_of_a_person(
    user: Callable[[str], Any], sample: dict[str, Any], pdf: bytes, sandbox: Sandbox, settings: Any
) -> None:
    sample |= PRIVATE
    applicant = user("gu.shuyan")
    case_id = fill_in(applicant, sample, pdf)
    sign(applicant, case_id)
    submit(applicant, case_id)
    deliver()
    act(user("huang.siqi"), case_id, "complete", "PASS")
    act(user("shen.jiahe"), case_id, "complete", "ACCEPT", OPINION)
    deliver()
    person = Person.objects.get(username="gu.shuyan")
    needles = {number for _, text in texts(sample) for number in NUMBERS.findall(text)}
    needles |= {person.mobile, person.id_no, OPINION, *PRIVATE.values()} - {""}
    rows = list(dump())
    assert len(rows) > 100
    assert len(needles) > 4
    found = {needle: where(needle, rows) for needle in needles}
    assert where(sample["project_name"], rows), "the search itself finds what is clear"
    assert {needle: tables for needle, tables in found.items() if tables} == {}
    stored = b"".join(path.read_bytes() for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file())
    assert [needle for needle in needles if needle.encode() in stored] == []
    assert Case.objects.get(pk=case_id).form_data["project_name"] == sample["project_name"]
