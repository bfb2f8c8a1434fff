"""Simulated devices on the wire: real MQTT to a real server, acknowledged, kept while a line is down."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from minfang.project.postgres import free_port
from minfang.sandbox.devices import effects
from minfang.sandbox.devices.fleet import Fleet, Spot
from minfang.sandbox.devices.lines import Line
from minfang.sandbox.devices.simulator import STORM_READINGS, Simulator

SERVER = shutil.which("nats-server") or str(Path(sys.executable).with_name("nats-server"))
WORKS = "RF-310101-GY-2010-0003"
NOW = 1_795_000_000.0


class Recorder:
    """Stands in for a line where no wire is needed."""

    def __init__(self) -> None:
        self.up, self.messages = True, list[tuple[str, bytes]]()

    def send(self, topic: str, payload: bytes) -> None:
        self.messages.append((topic, payload))

    def take_down(self) -> None:
        self.up = False

    def bring_up(self) -> None:
        self.up = True


def fleet(size: int = 40) -> Fleet:
    kinds = ("TEMP", "HUMI", "CO2", "WATER", "SUMP", "CURR", "DP", "TANK", "FAN", "CO")
    gateway = Spot("gw1", WORKS, "GATEWAY", (), 60)
    spots = [
        Spot(f"d{n}", WORKS, kinds[n % 10], (kinds[n % 10],), 60, "F01", batch=f"B{n % 3}", gateway="gw1")
        for n in range(size)
    ]
    return Fleet((gateway, *spots))


def simulated(size: int = 40) -> tuple[Simulator, Recorder]:
    recorder = Recorder()
    return Simulator(fleet(size), lambda _: recorder, NOW), recorder  # type: ignore[arg-type, return-value]


def readings(messages: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    found = []
    for _, payload in messages:
        for device in json.loads(payload)["batch"]:
            found += [{**row, "device": device["deviceId"]} for row in device["readings"]]
    return found


def run(simulator: Simulator, since: float, seconds: float, step: float = 2.0) -> None:
    for turn in range(int(seconds / step)):
        simulator.tick(since + (turn + 1) * step)


def test_every_device_speaks_within_its_period_and_contacts_only_when_something_changed() -> None:
    simulator, wire = simulated()
    run(simulator, NOW, 300)
    said = readings(wire.messages)
    assert {row["device"] for row in said} == {f"d{n}" for n in range(40)}
    counts = {n: len({row["ts"] for row in said if row["device"] == f"d{n}"}) for n in (0, 3)}
    assert counts == {0: 5, 3: 5}, "a heartbeat a minute, though the contact is looked at every 20 s"
    assert {topic for topic, _ in wire.messages} == {f"cd/iot/telemetry/{WORKS}/gw1"}


def test_a_flood_raised_on_the_page_is_reported_soon_and_passes() -> None:
    simulator, wire = simulated()
    run(simulator, NOW, 60)
    simulator.raise_scenario(effects.FLOOD, WORKS, "", "", 20, NOW + 60)
    wire.messages.clear()
    run(simulator, NOW + 60, 600)
    wet = [row for row in readings(wire.messages) if row["type"] == "WATER" and row["value"] == 1]
    high = [row for row in readings(wire.messages) if row["type"] == "SUMP" and row["value"] > 1400]
    assert wet
    assert high
    wire.messages.clear()
    run(simulator, NOW + 660, 1800, 10)
    assert [row["value"] for row in readings(wire.messages) if row["type"] == "SUMP"][-1] < 1030


def test_a_flood_is_on_the_wire_within_seconds_when_time_is_sped_up_before_or_after() -> None:
    for first in (True, False):
        simulator, wire = simulated()
        run(simulator, NOW, 60)
        wire.messages.clear()
        if first:
            simulator.set_speed(60, NOW + 60)
        simulator.raise_scenario(effects.FLOOD, WORKS, "", "", 60, NOW + 60)
        if not first:
            simulator.set_speed(60, NOW + 60)
        run(simulator, NOW + 60, 10)
        wet = [row for row in readings(wire.messages) if row["type"] == "WATER" and row["value"] == 1]
        assert len({row["device"] for row in wet}) == 4
        late = [abs(datetime.fromisoformat(row["ts"]).timestamp() - NOW - 65) for row in wet]
        assert max(late) < 8, "stamps are real, however fast time runs"


def test_a_happening_is_ended_by_its_own_number_also_when_earlier_ones_are_forgotten() -> None:
    simulator, _ = simulated()
    first = simulator.raise_scenario(effects.FLOOD, WORKS, "", "", 1, NOW)
    second = simulator.raise_scenario(effects.BLACKOUT, WORKS, "", "", 0, NOW + 4000)
    simulator.tick(NOW + 4001)
    assert [effect.kind for effect in simulator.effects] == [effects.BLACKOUT]
    assert simulator.end(first.number, NOW + 4002) is None
    ended = simulator.end(second.number, NOW + 4002)
    assert ended is not None
    assert ended.until == NOW + 4002


def test_a_storm_is_twenty_thousand_readings_beyond_their_thresholds() -> None:
    simulator, wire = simulated()
    run(simulator, NOW, 10)
    wire.messages.clear()
    simulator.raise_scenario(effects.STORM, "", "", "", 0, NOW + 10)
    said = readings(wire.messages)
    assert len({(row["device"], row["type"], row["ts"]) for row in said}) == STORM_READINGS
    assert all(row["value"] > 90 for row in said if row["type"] == "HUMI")


def test_time_can_be_sped_up_and_stopped_while_stamps_stay_real() -> None:
    simulator, wire = simulated()
    simulator.clock.set_speed(30, NOW)
    run(simulator, NOW, 60)
    assert simulator.clock.at(NOW + 60) == NOW + 1800
    stamps = [datetime.fromisoformat(r["ts"]).timestamp() for r in readings(wire.messages)]
    assert min(stamps) >= NOW
    assert max(stamps) <= NOW + 60 + 421
    simulator.clock.set_speed(0, NOW + 60)
    wire.messages.clear()
    run(simulator, NOW + 60, 120)
    assert wire.messages == []


def test_a_work_the_product_puts_in_emergency_behaves_so_until_it_is_taken_back() -> None:
    simulator, _ = simulated()
    simulator.follow(frozenset({WORKS}), NOW)
    tank, pressure = (next(s for s in simulator.fleet.spots if s.kind == kind) for kind in ("TANK", "DP"))
    assert simulator.read(tank, "TANK", NOW + 3600) > 80
    assert simulator.read(pressure, "DP", NOW + 3600) > 30
    simulator.follow(frozenset(), NOW + 3600)
    assert simulator.read(tank, "TANK", NOW + 9000) < 20


def test_a_device_added_to_the_registry_begins_to_speak_and_others_keep_their_rhythm() -> None:
    simulator, wire = simulated(10)
    run(simulator, NOW, 60)
    before = {(due.number, due.metric): due.at for due in simulator._due}
    more = Fleet((*fleet(10).spots, Spot("new", WORKS, "TEMP", ("TEMP",), 60, gateway="gw1")))
    simulator.equip(more, NOW + 60)
    assert before.items() <= {(due.number, due.metric): due.at for due in simulator._due}.items()
    wire.messages.clear()
    run(simulator, NOW + 60, 62)
    assert "new" in {row["device"] for row in readings(wire.messages)}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    users = '{user: "gw1", password: "s1"}, {user: "watcher", password: "w"}'
    (tmp_path / "nats.conf").write_text(
        f'server_name: t\nlisten: "127.0.0.1:{free_port()}"\njetstream {{ store_dir: "{tmp_path}/js" }}\n'
        f'mqtt {{ listen: "127.0.0.1:{port}" }}\nauthorization {{ users: [{users}] }}\n'
    )
    process = subprocess.Popen([SERVER, "-c", str(tmp_path / "nats.conf")], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def wait_for(condition: Any, seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_readings_reach_a_real_server_are_acknowledged_and_what_a_dead_line_kept_comes_later(
    broker: int,
) -> None:
    got: list[tuple[str, bytes]] = []
    watcher = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="w")
    watcher.username_pw_set("watcher", "w")
    watcher.on_message = lambda _c, _u, m: got.append((m.topic, m.payload))
    watcher.connect("127.0.0.1", broker)
    watcher.subscribe("cd/iot/telemetry/#", qos=1)
    watcher.loop_start()
    line = Line("gw1", "s1", "127.0.0.1", broker)
    simulator = Simulator(fleet(), lambda _: line, NOW)
    try:
        assert wait_for(lambda: line.connected), line.error
        run(simulator, NOW, 60)
        assert line.settle(10)
        simulator.raise_scenario(effects.GATEWAY_DOWN, WORKS, "", "gw1", 2, NOW + 60)
        run(simulator, NOW + 60, 118)
        assert not line.connected
        assert line.waiting > 10
        got.clear()
        run(simulator, NOW + 180, 4)
        assert wait_for(lambda: line.waiting == 0 and line.connected), (line.waiting, line.error)
        assert wait_for(lambda: len(readings(got)) > 60)
        stamps = [datetime.fromisoformat(row["ts"]).timestamp() for row in readings(got)]
        assert min(stamps) < NOW + 90, "kept readings carry the time at which they were measured"
    finally:
        simulator.close()
        watcher.loop_stop()
        watcher.disconnect()


def test_a_gateway_with_a_wrong_secret_is_not_let_in(broker: int) -> None:
    line = Line("gw1", "guessed", "127.0.0.1", broker)
    assert wait_for(lambda: line.error)
    assert not line.connected
    line.close()
