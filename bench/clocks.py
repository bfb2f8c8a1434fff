"""The calendar's own work over very many open cases: who is due today, and a new calendar for all of them."""

import time
from typing import Any

from bench.measure import Result
from bench.world import World

OPEN = 100_000
SWEEP_SECONDS, RECOMPUTE_SECONDS = 1.0, 10.0


def sweep(_world: World) -> list[Result]:
    """One turn of the reminders over 100 000 open cases, and one recalculation of all their due days."""
    from django.db import transaction

    with transaction.atomic():
        count = _open_cases()
        seconds, due = _turn()
        again, moved = _recalculated()
        transaction.set_rollback(True)
    return [
        Result("时限巡检", seconds, "s", SWEEP_SECONDS, note=f"在办 {count} 件，今日应提醒 {due} 件"),
        Result("重算到期日", again, "s", RECOMPUTE_SECONDS, note=f"在办 {count} 件，变动 {moved} 件"),
    ]


def _open_cases() -> int:
    """Copies of one accepted case with due days spread over four months, in a transaction that is undone."""
    from django.db import connection

    from minfang.services.models import Case

    Case.objects.update(due_on=None)
    first = Case.objects.filter(accepted_at__isnull=False).earliest("id")
    last = Case.objects.latest("id").pk
    same = [
        f.column for f in Case._meta.concrete_fields if f.column not in ("id", "internal_no", "instance_id")
    ]
    fixed = {"due_on": "current_date - 15 + n %% 120", "status": "'REVIEWING'", "is_paused": "false"}
    fixed["accepted_at"] = "now() - interval '20 days' + (n %% 15) * interval '1 day'"
    chosen = ", ".join(fixed.get(name, f'"{name}"') for name in same)
    columns = ", ".join(f'"{name}"' for name in same)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO svc_case (id, internal_no, {columns})"
            f" SELECT %s + n, 'BENCH' || n, {chosen} FROM svc_case, generate_series(1, %s) n WHERE id = %s",
            [last, OPEN, first.pk],
        )
        cursor.execute("ANALYZE svc_case")
    return Case.objects.filter(due_on__isnull=False).count()


def _turn() -> tuple[float, int]:
    from minfang.kernel.base import clock
    from minfang.kernel.workdays.queries import official_calendar
    from minfang.services import warning_rules
    from minfang.services.actions.reminding import BATCH, due_for_reminder

    calendar, today = official_calendar(), clock.today()
    day = today if calendar.is_workday(today) else calendar.add(today, 1)
    begun = time.perf_counter()
    rules: Any = warning_rules.rules().values()
    due = sum(due_for_reminder(rule, calendar, day).count() for rule in rules)
    for rule in rules:
        list(due_for_reminder(rule, calendar, day).values_list("pk", flat=True)[:BATCH])
    return time.perf_counter() - begun, due


def _recalculated() -> tuple[float, int]:
    from minfang.kernel.workdays.queries import official_calendar
    from minfang.services.actions.calendars import moved_by

    begun = time.perf_counter()
    moved = sum(1 for _ in moved_by(official_calendar()))
    return time.perf_counter() - begun, moved
