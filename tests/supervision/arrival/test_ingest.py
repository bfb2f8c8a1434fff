"""From a device's MQTT message to a stored reading: nothing blocks the way."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.broker import RunningBroker, Sender, wait_for
from tests.support.intake import a_sender, broker_with_a_door, topic, working
from tests.support.telemetry import a_device

from minfang.supervision.arrival.devices import partition_of
from minfang.supervision.arrival.models import DeadLetter, SourceState
from minfang.supervision.telemetry.models import LatestValue, Quarantined, Reading

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker(tmp_path: Path, settings: object) -> Iterator[RunningBroker]:
    """A broker that asks us who a device is."""
    with broker_with_a_door(tmp_path / "broker", settings) as found:
        yield found


def test_a_message_becomes_a_reading_and_bad_ones_cost_a_letter_each(broker: RunningBroker) -> None:
    with working(broker) as worker:
        wait_for(lambda: len(worker.partitions) == 8)
        sender = a_sender(broker, "dev-1")
        a_device("child-1", "TEMP")
        now = time.time_ns() // 1000
        for payload in (
            {"deviceId": "dev-1", "type": "HUMI", "ts": now // 1000, "value": 78.4},
            {"deviceId": "dev-2", "type": "HUMI", "ts": now // 1000, "value": 1},
            {"deviceId": "child-1", "type": "TEMP", "ts": now // 1000, "value": 1},
            {"deviceId": "dev-1", "type": "HUMI", "ts": now // 1_000_000, "value": 2},
            {"deviceId": "dev-1", "readings": [{"type": "TEMP", "ts": now // 1000, "value": 20}]},
        ):
            sender.send(topic("dev-1"), json.dumps(payload).encode())
        sender.send(topic("dev-1"), b"{not json")
        sender.send(topic("dev-9"), b"{}")  # not its own topic: the broker drops it
        wait_for(lambda: Reading.objects.count() == 2 and DeadLetter.objects.count() == 3)
        sender.close()
    assert set(DeadLetter.objects.values_list("reason", flat=True)) == {
        "不是 JSON",
        "未登记设备",
        "设备与主题不符",
    }
    assert Quarantined.objects.get().hint == "疑似把秒当作毫秒报送"
    assert LatestValue.objects.get(series__metric="HUMI").value == 78.4
    state = SourceState.objects.exclude(messages=0).get()
    assert state.source == f"jetstream/{partition_of('dev-1')}"
    assert (state.messages, state.stored, state.dead, state.quarantined) == (6, 2, 3, 1)


def test_a_wrong_secret_and_a_retired_device_do_not_get_in(broker: RunningBroker) -> None:
    a_sender(broker, "dev-1").close()
    stranger = Sender(broker.mqtt, "dev-1", "guess")
    wait_for(lambda: bool(stranger.refused))
    stranger.close()
