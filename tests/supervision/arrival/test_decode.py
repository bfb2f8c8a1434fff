"""What devices say becomes readings; what cannot be believed or used costs one row with its reason."""

import json
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.telemetry import US, a_device, a_series, forget, micros

from minfang.supervision.arrival import actions, queries
from minfang.supervision.arrival.commit import Position, commit
from minfang.supervision.arrival.decode import Collector
from minfang.supervision.arrival.devices import Directory
from minfang.supervision.arrival.models import DeadLetter, SourceState
from minfang.supervision.telemetry.models import LatestValue, Quarantined, Reading

pytestmark = pytest.mark.django_db
NOW = micros("2026-06-01T08:00:00+08:00")
MS = NOW // 1000
HOUR = 3600 * US


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def collector() -> Collector:
    """One device with 相对湿度, 水浸 and a child behind it."""
    a_series("dev-1", "HUMI")
    gateway = a_device("dev-1")
    child = a_device("child", "WATER")
    child.gateway = gateway
    child.save()
    return Collector(Directory())


def say(collector: Collector, content: object, received: int = NOW, sender: str = "dev-1") -> Collector:
    collector.message(json.dumps(content).encode(), received, "cd.iot", sender)
    return collector


def test_single_batched_and_gathered_messages(collector: Collector) -> None:
    say(collector, {"deviceId": "dev-1", "type": "HUMI", "ts": "2026-06-01T08:00:00+08:00", "value": 78.4})
    say(collector, {"deviceId": "dev-1", "type": "HUMI", "ts": "2026-06-01T07:59:58", "value": 78})
    say(collector, {"deviceId": "dev-1", "readings": [{"type": "HUMI", "ts": MS - 1000, "value": 1}]})
    parts = [
        {"deviceId": "child", "readings": [{"type": "WATER", "ts": MS, "value": True}]},
        {"deviceId": "stranger", "readings": [{"type": "WATER", "ts": MS, "value": True}]},
        {"deviceId": "dev-1", "type": "HUMI", "ts": MS - 3000, "value": 2},
    ]
    say(collector, {"worksNo": "RF", "batch": parts})
    batch = collector.batch()
    assert sorted((NOW - batch.ts) // US) == [0, 0, 1, 2, 3]
    assert [letter.reason for letter in collector.letters] == ["未登记设备"]
    assert batch.quality.max() == 0


@pytest.mark.parametrize(
    ("value", "ts", "reason", "hint"),
    [
        (1.0, MS + 301_000, "FUTURE", "请校准设备时钟"),
        (1.0, MS // 1000, "PAST", "疑似把秒当作毫秒报送"),
        (1.0, MS * 1000, "FUTURE", "疑似把微秒当作毫秒报送"),
        (1.0, 0, "PAST", "请校准设备时钟"),
        (1.0, "gestern", "TIME", ""),
        (1.0, None, "TIME", ""),
        (1.0, [1], "TIME", ""),
        (True, MS, "KIND", ""),
        ("78.4", MS, "KIND", ""),
        (None, MS, "KIND", ""),
        (10**400, MS, "KIND", ""),
    ],
)
def test_what_is_not_believed_goes_to_quarantine(
    collector: Collector, value: object, ts: object, reason: str, hint: str
) -> None:
    say(collector, {"deviceId": "dev-1", "type": "HUMI", "ts": ts, "value": value})
    if not collector.rejects:
        assert [letter.reason for letter in collector.letters] == ["不是 JSON"]  # a number no reader takes
        return
    assert len(collector) == 0
    assert collector.rejects[0].reason == reason
    assert hint in collector.rejects[0].hint


@pytest.mark.parametrize(
    ("behind", "quality", "backfill"),
    [(60 * US, 0, False), (6 * 60 * US, 2, False), (23 * HOUR, 2, False), (25 * HOUR, 0, True)],
)
def test_a_clock_that_is_off_is_doubtful_and_what_is_a_day_late_is_history(
    collector: Collector, behind: int, quality: int, backfill: bool
) -> None:
    say(collector, {"deviceId": "dev-1", "type": "HUMI", "ts": (NOW - behind) // 1000, "value": 1})
    batch = collector.batch()
    assert (batch.quality.tolist(), batch.backfill.tolist()) == ([quality], [backfill])


def test_a_gateway_that_sends_what_it_kept_has_no_bad_clock(collector: Collector) -> None:
    kept = [{"type": "HUMI", "ts": MS - minutes * 60_000, "value": 1} for minutes in range(60)]
    say(collector, {"deviceId": "dev-1", "readings": kept})
    assert collector.batch().quality.max() == 0


POISON = [
    b"",
    b"\x00\xff\xfe",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"1",
    b'{"deviceId": 5}',
    b'{"deviceId": "dev-1", "readings": 5}',
    b'{"deviceId": "dev-1", "readings": [5]}',
    b'{"batch": 5}',
    b'{"batch": [5, [], null]}',
    b'{"deviceId": "dev-1", "type": "HUMI", "ts": 1, "value": NaN}',
    b'{"batch": ' * 500 + b"1" + b"}" * 500,
    b"[" * 100_000,
    b'{"deviceId": "dev-1\\u0000", "type": "HUMI"}',
]


@pytest.mark.parametrize("payload", POISON, ids=range(len(POISON)))
def test_a_bad_message_costs_a_letter_and_nothing_else(collector: Collector, payload: bytes) -> None:
    say(collector, {"deviceId": "dev-1", "type": "HUMI", "ts": MS, "value": 1})
    collector.message(payload, NOW, "cd.iot", "dev-1")
    say(collector, {"deviceId": "dev-1", "type": "HUMI", "ts": MS + 1, "value": 1})
    position = Position("", 3, collector.letters, collector.rejects)
    written = commit(collector.batch(), "test", position)
    assert written.stored == 2
    assert DeadLetter.objects.count() == len({actions.once_key(letter) for letter in collector.letters}) > 0
    assert queries.lost(SourceState.objects.get()) == 0


def test_ten_megabytes_of_rubbish_keep_their_beginning_only(collector: Collector) -> None:
    collector.message(b"x" * 10_000_000, NOW, "cd.iot", "dev-1")
    actions.keep_letters("test", collector.letters * 3)
    letter = DeadLetter.objects.get()
    assert (letter.size, len(letter.payload), letter.count) == (10_000_000, 65_536, 3)


def test_a_stranger_is_one_row_that_counts(collector: Collector) -> None:
    for n in range(5):
        say(collector, {"deviceId": "stranger", "type": "HUMI", "ts": MS + n, "value": n}, sender="")
    actions.keep_letters("test", collector.letters)
    letter = DeadLetter.objects.get()
    assert (letter.reason, letter.count) == ("未登记设备", 5)


def test_nobody_speaks_for_another_device(collector: Collector) -> None:
    a_device("other")
    say(collector, {"deviceId": "other", "type": "HUMI", "ts": MS, "value": 1})
    assert collector.letters[0].reason == "设备与主题不符"
    assert len(collector) == 0


OFFSETS = [0, 60, -60, -3000, 3600, -86_400 * 2, -(NOW // US), 86_400 * 365 * 70]
reading = st.tuples(st.integers(0, 2), st.integers(0, 5), st.sampled_from(OFFSETS))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(reading, min_size=1, max_size=25), seed=st.integers(0, 999))
def test_order_doubles_and_bad_clocks_do_not_change_what_is_stored(
    rows: list[tuple[int, int, int]], seed: int
) -> None:
    from django.db import transaction

    chance = random.Random(seed)
    with transaction.atomic():
        forget()
        numbers = [a_series(f"p{n}") for n in range(3)]
        sent = rows + chance.sample(rows, len(rows) // 2)
        chance.shuffle(sent)
        expected = set()
        while sent:
            collector = Collector(Directory())
            for device, second, offset in sent[:4]:
                at = NOW + (second + offset) * US
                content = {"deviceId": f"p{device}", "type": "HUMI", "ts": at // 1000, "value": second}
                collector.message(json.dumps(content).encode(), NOW)
                if micros("2000-01-01T00:00:00+08:00") <= at <= NOW + 300 * US:
                    expected.add((numbers[device], at))
            commit(collector.batch(), "test", Position(rejects=collector.rejects))
            sent = sent[4:]
        found = {
            (r.series_id, round(r.ts.timestamp() * US)) for r in Reading.objects.filter(series_id__in=numbers)
        }
        assert found == expected
        for latest in LatestValue.objects.filter(series_id__in=numbers):
            newest = max(at for number, at in expected if number == latest.series_id)
            assert round(latest.ts.timestamp() * US) == newest
        state = SourceState.objects.get(source="test")
        assert queries.lost(state) == 0
        assert Quarantined.objects.count() == state.quarantined
        transaction.set_rollback(True)
