"""Rows nobody else is working on, for recurring work that several processes share."""

from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def free(rows: "QuerySet[Row]") -> "QuerySet[Row]":
    """Lock these rows; those another process has are left out where the database can (else waited for)."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows.select_for_update()
