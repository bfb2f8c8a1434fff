"""About how many rows a query finds, without counting them.

PostgreSQL's planner is asked. Where there is none, rows are counted up to a limit.
"""

import json
from typing import Any

from django.db import connection

COUNTED = 10_000


def about(rows: Any) -> tuple[int, bool]:
    """A number of rows, and whether it is exact."""
    if connection.vendor != "postgresql":
        counted = rows.order_by()[: COUNTED + 1].count()
        return min(counted, COUNTED), counted <= COUNTED
    plan = json.loads(rows.order_by().explain(format="json"))
    guessed = int(plan[0]["Plan"]["Plan Rows"])
    if guessed > COUNTED:
        return guessed, False
    counted = rows.order_by()[: COUNTED + 1].count()
    return min(counted, COUNTED), counted <= COUNTED
