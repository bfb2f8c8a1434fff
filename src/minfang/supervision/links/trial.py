"""What the first rows of a source would become, without keeping anything."""

from typing import Any

from django.db import transaction

from minfang.supervision.links import browsing
from minfang.supervision.links.models import DataLink
from minfang.supervision.links.schemas import LinkTrialRowOut
from minfang.supervision.links.writers import writer_for
from minfang.supervision.telemetry import index


def rows(link: DataLink) -> list[LinkTrialRowOut]:
    """Each of the first twenty rows with what it says here, or why it is refused."""
    seen = browsing.preview(link.source, link.relation, link.query)
    names = [column.name for column in seen.columns]
    found: list[LinkTrialRowOut] = []
    with transaction.atomic():
        writer = writer_for(link, names)
        for number, row in enumerate(seen.rows, 1):
            found.append(_one(writer, number, row))
        transaction.set_rollback(True)
    index.forget()
    return found


def _one(writer: Any, number: int, row: tuple[Any, ...]) -> LinkTrialRowOut:
    texts, refusal = writer.say(row)
    return LinkTrialRowOut(row=number, passed=not refusal, text=refusal or "；".join(texts) or "空值，跳过")
