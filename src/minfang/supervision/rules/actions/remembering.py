"""The engine's memory written beside the readings that changed it."""

from collections import defaultdict
from collections.abc import Iterable

from minfang.supervision.rules.engine import Engine
from minfang.supervision.rules.models import RuleState
from minfang.supervision.rules.states import StateRow

FIELDS = (
    "version",
    "phase",
    "level",
    "since_ts",
    "last_ts",
    "last_value",
    "count",
    "window_start",
    "data",
    "next_due",
)


def save_states(engine: Engine) -> int:
    """Write what the engine's memory changed since the last call, in the caller's transaction; how many rows.

    Should that transaction fail, the engine knows more than the database and has to be forgotten.
    """
    changes = engine.changed()
    gone: dict[int, list[int]] = defaultdict(list)
    kept: list[StateRow] = []
    for change in changes:
        if isinstance(change, StateRow):
            kept.append(change)
        else:
            series, rule = change
            gone[rule].append(series)
    for rule, numbers in gone.items():
        RuleState.objects.filter(rule_id=rule, series__in=numbers).delete()
    if kept:
        keep(kept)
    return len(changes)


def keep(states: Iterable[StateRow]) -> None:
    """Write what machines remember, whatever was written of them before."""
    RuleState.objects.bulk_create(
        [_row(state) for state in states],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["rule", "series"],
        update_fields=FIELDS,
    )


def _row(state: StateRow) -> RuleState:
    return RuleState(
        rule_id=state.rule_id,
        version_id=state.version_id,
        series=state.series_id,
        phase=state.phase,
        level=state.level,
        since_ts=state.since_ts,
        last_ts=state.last_ts,
        last_value=state.last_value,
        count=state.count,
        window_start=state.window_start,
        data=state.data,
        next_due=state.next_due,
    )
