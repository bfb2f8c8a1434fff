"""A partition that stands still keeps its own devices' timers waiting, others' only a while, and is named."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.support.telemetry import US, a_series, forget, readings

from minfang.kernel.base import clock
from minfang.project.commands import iot
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.arrival import jobs, timers, watching
from minfang.supervision.arrival.commit import commit
from minfang.supervision.arrival.devices import Directory, partition_of
from minfang.supervision.arrival.models import SourceState
from minfang.supervision.rules import actions as rules

START = 1_793_000_000 * US
SILENCE = 4 * 300 * US
STUCK, MOVING = "dev-1", "dev-2"


@pytest.fixture
def _unheard() -> Iterator[None]:
    forget()
    watching.forget()
    watching.listen(START - 1)
    yield
    watching.listen(None)
    watching.forget()
    forget()


def silent() -> list[str]:
    """Devices with an alarm."""
    return sorted(alarm.device.device_id for alarm in Alarm.objects.select_related("device"))


@pytest.mark.django_db
@pytest.mark.usefixtures("_unheard")
def test_timers_of_other_devices_go_on_after_a_while() -> None:
    assert partition_of(STUCK) != partition_of(MOVING)
    rules.load_shipped()
    batch = readings([(a_series(STUCK), START, 55.0), (a_series(MOVING), START, 55.0)])
    commit(batch, "jetstream/0")
    directory, now = Directory(), START + SILENCE
    consumed = dict.fromkeys(range(8), now)
    assert timers.run({**consumed, partition_of(STUCK): START}, START + 100 * US, directory) == 0
    assert timers.run({**consumed, partition_of(STUCK): START}, now, directory) == 1
    assert silent() == [MOVING]
    assert timers.run(dict.fromkeys(range(8), START), now, directory) == 0
    assert timers.run(consumed, now, directory) == 1
    assert silent() == [STUCK, MOVING]


@pytest.mark.django_db
def test_a_partition_that_stands_still_is_named_with_how_long(settings: Any, capsys: Any) -> None:
    settings.BROKER_URL = "nats://somewhere"
    now = clock.now()
    for source, seconds, waiting in (("jetstream/2", 300, 7), ("jetstream/3", 5, 9)):
        at = now - timedelta(seconds=seconds)
        SourceState.objects.create(
            source=source, kind="jetstream", seen_at=now, oldest_waiting_at=at, pending=waiting
        )
    found = [finding for finding in jobs.what_arrives() if finding.title == "分区停滞"]
    assert [(finding.detail[:11], finding.count) for finding in found] == [("jetstream/2", 7)]
    assert iot.run(None) == 0  # type: ignore[arg-type]
    assert "分区停滞：jetstream/2 已 30" in capsys.readouterr().out
