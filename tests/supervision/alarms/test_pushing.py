"""Who is told of an alarm, who is not and why: levels, storms, suppression, repeats, escalation."""

from datetime import timedelta

import pytest
from tests.supervision.alarms.conftest import NOON

from minfang.kernel.base import clock
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.access import Access
from minfang.kernel.messaging.models import Message
from minfang.registry.models import Device, DeviceStatus
from minfang.supervision.alarms.actions import chasing, take
from minfang.supervision.alarms.models import Alarm, AlarmPush, Escalation, Silence
from minfang.supervision.alarms.queries.detail import detail


def told() -> set[str]:
    return {push.target for push in AlarmPush.objects.all() if push.state != "NOT_TOLD"}


def hears(name: str) -> list[str]:
    return sorted(Message.objects.filter(person__username=f"t.{name}").values_list("channel", flat=True))


@pytest.mark.feature(90)
def test_an_orange_alarm_reaches_unit_district_and_both_platforms(world):
    take([world.signal(level=2)])
    assert told() == {"MANAGING_UNIT", "DISTRICT", "RFM", "CITY_PLATFORM"}
    assert hears("keeper") == hears("watcher") == ["IN_APP", "SMS"]
    assert hears("city") == hears("foreign") == hears("stranger") == []
    assert {m.connector for m in OutboxMessage.objects.exclude(connector="sms")} == {"rfm", "city_disposal"}


def test_a_yellow_alarm_stays_within_the_managing_unit_and_off_the_phone(world):
    take([world.signal(level=3)])
    assert told() == {"MANAGING_UNIT"}
    assert hears("keeper") == ["IN_APP"]


def test_a_rule_may_name_its_own_receivers(world):
    world.version.definition = {
        "handling": [{"level": 3, "receivers": ["DISTRICT", "SMS"], "confirm_minutes": 15}]
    }
    world.version.save()
    take([world.signal(level=3)])
    assert told() == {"DISTRICT"}
    alarm = Alarm.objects.get()
    assert alarm.confirm_due - alarm.raised_at == timedelta(minutes=15)


def test_an_office_with_nobody_on_duty_is_named_as_not_told(world):
    world.people["keeper"].grants.all().delete()
    take([world.signal(level=3)])
    push = AlarmPush.objects.get()
    assert push.state == "NOT_TOLD"
    assert "没有物联值守人员" in push.reason


def test_a_second_alarm_of_the_work_and_level_waits_for_one_gathered_message(world):
    with clock.moved_to(NOON):
        take([world.signal(level=3, series=n) for n in range(3)])
        assert AlarmPush.objects.count() == 1
        followers = Alarm.objects.filter(suppressed_by="GROUP")
        assert followers.count() == 2
        assert all(alarm.lead is not None for alarm in followers)
    with clock.moved_to(NOON + timedelta(minutes=6)):
        chasing.flush_groups()
        assert list(AlarmPush.objects.values_list("kind", "followed")) == [("FIRST", 0), ("FOLLOW_UP", 2)]
        assert "另有 2 条" in Message.objects.filter(event="alarm.gathered")[0].body
        chasing.flush_groups()
        assert AlarmPush.objects.count() == 2


def test_a_storm_makes_at_most_one_push_a_work_and_level(world):
    spare = [
        Device(works=world.works, device_no=f"S{n}", device_id=f"S{n}", sensor_type="TEMP", name=f"S{n}")
        for n in range(400)
    ]
    Device.objects.bulk_create(spare)
    world.series = [*map(world.series_of, spare)]
    take([world.signal(series=n, level=1 + n % 4) for n in range(400)])
    assert Alarm.objects.count() == 400
    by_level = AlarmPush.objects.filter(target="MANAGING_UNIT").values_list("level", flat=True)
    assert sorted(by_level) == [1, 2, 3, 4]
    assert Alarm.objects.filter(suppressed_by="GROUP").count() == 396


def test_a_rise_goes_out_at_once_also_during_a_storm(world):
    with clock.moved_to(NOON):
        take([world.signal(level=3, series=n) for n in range(3)])
        take([world.signal(level=2, series=2)])
    with clock.moved_to(NOON + timedelta(minutes=1)):
        take([world.signal("RISE", level=2, series=1)])
    risen = AlarmPush.objects.filter(kind="RISE", alarm__series=world.series[1].pk)
    targets = list(risen.values_list("target", "place"))
    assert len(targets) == len(set(targets)) >= 4


@pytest.mark.parametrize(
    ("arrange", "why"),
    [
        (lambda w: Device.objects.filter(pk=w.devices[0].pk).update(status="MAINTENANCE"), "MAINTENANCE"),
        (lambda w: w.behind_a_gateway(0, DeviceStatus.OFFLINE), "GATEWAY"),
        (lambda w: w.power_cut(), "POWER"),
        (lambda w: w.silence(category="ENV"), "SILENCE"),
        (lambda w: w.silence(device=w.devices[0]), "SILENCE"),
        (lambda w: w.silence(rule=w.rule), "SILENCE"),
    ],
)
def test_what_is_kept_silent_stands_in_the_ledger_with_its_reason(world, arrange, why):
    arrange(world)
    take([world.signal()])
    alarm = Alarm.objects.get(rule=world.rule)
    assert alarm.suppressed_by == why
    assert alarm.suppressed_reason
    assert not AlarmPush.objects.filter(alarm=alarm).exists()


def test_a_silence_of_another_device_or_one_that_is_over_changes_nothing(world):
    world.silence(device=world.devices[1])
    world.silence(starts=-3, hours=2)
    take([world.signal()])
    assert Alarm.objects.get().suppressed_by == ""


def test_when_a_silence_ends_and_the_alarm_still_stands_it_is_pushed_late(world):
    with clock.moved_to(NOON):
        world.silence(hours=2)
        take([world.signal(), world.signal(series=1)])
        assert Silence.objects.get().held == 2
    with clock.moved_to(NOON + timedelta(hours=1)):
        assert chasing.release_suppressed() == 0
        take([world.signal("CLEAR", series=1)])
    with clock.moved_to(NOON + timedelta(hours=2, minutes=1)):
        assert chasing.release_suppressed() == 1
    alarm = Alarm.objects.get(series=world.series[0])
    assert "MANAGING_UNIT" in told()
    assert alarm.events.filter(kind="RELEASED").exists()


def test_nobody_confirms_so_duty_and_then_the_leader_of_the_city_hear(world):
    with clock.moved_to(NOON):
        take([world.signal(level=2)])
    with clock.moved_to(NOON + timedelta(minutes=29)):
        assert chasing.escalate_due() == 0
    with clock.moved_to(NOON + timedelta(minutes=31)):
        assert chasing.escalate_due() == 1
        assert hears("city") == ["IN_APP", "SMS"]
        assert hears("leader") == []
    with clock.moved_to(NOON + timedelta(minutes=91)):
        chasing.escalate_due()
    assert hears("leader") == ["IN_APP", "SMS"]


def test_a_confirmed_alarm_is_not_escalated_and_the_row_says_why(world):
    with clock.moved_to(NOON):
        take([world.signal(level=2)])
        Alarm.objects.update(state="CONFIRMED")
    with clock.moved_to(NOON + timedelta(minutes=31)):
        chasing.escalate_due()
    assert hears("city") == []
    assert Escalation.objects.get(target="CITY_DUTY", unless="CONFIRM").outcome == "已确认，不升级"


def test_an_alarm_nobody_confirms_is_pushed_again_every_half_hour(world):
    with clock.moved_to(NOON):
        take([world.signal(level=3)])
    for minutes in (29, 31, 40, 62):
        with clock.moved_to(NOON + timedelta(minutes=minutes)):
            chasing.repeat_due()
    assert list(AlarmPush.objects.values_list("kind", flat=True)) == ["FIRST", "REPEAT", "REPEAT"]


def test_limits_count_working_days_where_the_handbook_says_so(world):
    with clock.moved_to(NOON):
        take([world.signal(level=3), world.signal(level=4, series=1)])
    yellow, blue = Alarm.objects.order_by("level")
    assert clock.day_of(yellow.handle_due).isoformat() == "2026-07-17"
    assert clock.day_of(blue.handle_due).isoformat() == "2026-07-23"
    with clock.moved_to(NOON + timedelta(hours=5)):
        chasing.mark_overdue()
    yellow.refresh_from_db()
    assert (yellow.overdue_kind, yellow.state) == ("CONFIRM", "NEW")


@pytest.mark.feature(91)
def test_whoever_handles_an_alarm_reads_what_its_rule_wants_done(world):
    world.version.definition = {"handling": [{"level": 3, "measure": "到场查看集水井"}]}
    world.version.save()
    take([world.signal(level=3)])
    access = Access(world.people["keeper"])
    shown = detail(access, Alarm.objects.get().number)
    assert shown.instructions == "到场查看集水井"
    assert told() == {"MANAGING_UNIT"}
