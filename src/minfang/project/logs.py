"""Log lines as JSON, with the request id and without personal data.

Numbers that look like certificate numbers, mobiles or bank accounts are masked wherever they come from.
"""

import json
import logging
import traceback
from datetime import datetime
from typing import Any

from django.apps import apps

from minfang.kernel.base import clock, masking


def _request_id() -> str:
    """The request in hand; asked late, because logging is set up before there are models."""
    if not apps.models_ready:
        return ""
    from minfang.kernel.audit.actions import origin

    return origin.get().request_id


def _masked(text: str) -> str:
    return masking.in_log(text.replace("\r", "\\r"))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id, and what the record carries."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, clock.SHANGHAI).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _masked(record.getMessage()),
        }
        request_id = getattr(record, "request_id", "") or _request_id()
        if request_id:
            entry["request_id"] = request_id
        entry.update(getattr(record, "facts", {}))
        if record.exc_info:
            entry["trace"] = _masked("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(entry, ensure_ascii=False)
