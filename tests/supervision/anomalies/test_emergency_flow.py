"""From peace to 应急 and back by the product's own acts: what is brought in then is watched at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.support import alarm_history as make
from tests.support.alarm_history import NOON
from tests.support.telemetry import US, forget, readings

from minfang.kernel.base import clock
from minfang.registry.models import Device, Works
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.arrival import watching
from minfang.supervision.arrival.actions import mark_seen
from minfang.supervision.arrival.commit import commit
from minfang.supervision.rules.actions import load_shipped
from minfang.supervision.telemetry.actions import series_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    forget()
    watching.forget()
    load_shipped()
    yield
    watching.forget()
    forget()


def reads(device: Device, minute: int, value: float) -> None:
    """A reading of that minute after noon is stored and judged, with what the clock does after it."""
    at = NOON + timedelta(minutes=minute)
    with clock.moved_to(at):
        watching.forget()
        series = series_of(device, device.sensor_type).pk
        commit(readings([(series, round(at.timestamp() * US), value)]), "jetstream/0")
        mark_seen()


def raised() -> list[tuple[str, int]]:
    """Codes of the rules that raised, with the levels."""
    rows = Alarm.objects.order_by("pk").values_list("rule__code", "level")
    return [(str(code), level) for code, level in rows]


@pytest.mark.feature(98)
def test_a_device_brought_in_during_an_emergency_is_watched_by_its_rules_at_once(get: Any, send: Any) -> None:
    place = make.works()
    door = make.device(place, "INTRUDE")
    reads(door, 0, 1.0)
    assert raised() == []  # in peace an ordinary room may be entered

    address = f"/works/{place.pk}"
    seen = Works.objects.get(pk=place.pk).version
    send(f"{address}/op-state", {"to": "EMERGENCY", "reason": "演练", "seen_version": seen}, "admin")
    body = {"works_id": place.pk, "name": "应急入侵探测", "sensor_type": "INTRUDE"}
    made = send("/devices", body, "admin")["device"]
    fresh = Device.objects.get(pk=made["id"])
    (row,) = get("/anomalies/emergency")["rows"]
    assert (row["cells"]["added"], row["cells"]["silent"]) == (1, 1)

    reads(fresh, 3, 1.0)
    assert raised() == [("INTRUDE-EM", 1)]
    with clock.moved_to(NOON + timedelta(minutes=4)):
        (row,) = get("/anomalies/emergency")["rows"]
        assert (row["cells"]["added"], row["cells"]["heard"], row["cells"]["silent"]) == (1, 1, 0)
        live = get(f"/live/works/{place.pk}/emergency")
    assert [point["device"] for point in live["added"]] == ["应急入侵探测"]

    seen = Works.objects.get(pk=place.pk).version
    send(f"{address}/op-state", {"to": "PEACE", "reason": "演练结束", "seen_version": seen}, "admin")
    assert get("/anomalies/emergency")["rows"] == []
