"""Log lines as JSON, with the request id and without personal data.

Numbers that look like certificate numbers, mobiles or bank accounts are masked wherever they come from.
"""

import json
import logging
import re
import traceback
from datetime import datetime
from typing import Any

from django.apps import apps

from minfang.kernel.base import clock

PERSONAL = re.compile(r"(?<!\d)(\d{3})\d{11,14}([\dXx]{2})(?![\dXx])|(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def _request_id() -> str:
    """The request in hand; asked late, because logging is set up before there are models."""
    if not apps.models_ready:
        return ""
    from minfang.kernel.audit.actions import origin

    return origin.get().request_id


def without_personal_data(text: str) -> str:
    """The text with certificate numbers, bank accounts and mobiles masked."""
    return PERSONAL.sub(
        lambda m: f"{m[1]}***{m[2]}" if m[1] else f"{m[3]}****{m[4]}", text.replace("\r", "\\r")
    )


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id, and what the record carries."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, clock.SHANGHAI).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_personal_data(record.getMessage()),
        }
        request_id = getattr(record, "request_id", "") or _request_id()
        if request_id:
            entry["request_id"] = request_id
        entry.update(getattr(record, "facts", {}))
        if record.exc_info:
            entry["trace"] = without_personal_data("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(entry, ensure_ascii=False)
