"""What an object was before a change and after it, so that anybody can read the difference later."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from minfang.registry.definitions import load

QUIET = {"version", "id", "status_at", "last_seen_at", "secret_digest", "details", "retired_at"}


def snapshot(row: models.Model) -> dict[str, Any]:
    """The fields of a row as plain values; references by their name."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name not in QUIET:
            found[field.name] = _plain(getattr(row, field.name))
    return found


def difference(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, with what they were and what they are."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def words(model: type[models.Model], name: str, value: Any) -> str:
    """A value of a field as a person reads it."""
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        labels = load("works")["equipment"]["design"]
        return "；".join(f"{labels.get(key, key)} {one:g}" for key, one in value.items())
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return str(value)
    choices = dict(getattr(field, "flatchoices", ()) or ())
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(choices.get(value, value))


def label(model: type[models.Model], name: str) -> str:
    """The name of a field as a person reads it."""
    try:
        return str(getattr(model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name
