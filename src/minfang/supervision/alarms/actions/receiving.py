"""Alarm events of third systems (feature 83): kept as they came, then mapped to device, type and level."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from minfang.supervision.alarms.models import ThirdEvent


@transaction.atomic
def receive_event(source: str, external_id: str, payload: Mapping[str, Any]) -> ThirdEvent:
    """Take one alarm event of a third system; the same id of the same source again changes nothing."""
    raise NotImplementedError
