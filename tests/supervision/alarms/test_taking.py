"""What becomes of signals: one open alarm a rule and series, its level, its counts, its end."""

from minfang.supervision.alarms.actions import take
from minfang.supervision.alarms.models import Alarm, AlarmEvent, HeldBack
from minfang.supervision.rules.signals import HeldReason


def test_a_raise_opens_an_alarm_that_explains_itself(world):
    take([world.signal()])
    alarm = Alarm.objects.get()
    assert (alarm.works, alarm.unit, alarm.device) == (world.works, world.unit, world.devices[0])
    assert (alarm.state, alarm.level, alarm.category, alarm.district_code) == ("NEW", 2, "ENV", "310106")
    assert [step["code"] for step in alarm.explanation["steps"]] == ["THRESHOLD", "HOLD"]
    assert alarm.rule_version == world.version
    assert AlarmEvent.objects.filter(kind="OPENED").count() == 1


def test_what_comes_again_is_counted_and_never_a_second_alarm(world):
    take([world.signal(), world.signal("REPEAT")])
    take([world.signal(), world.signal("REPEAT")])
    assert Alarm.objects.count() == 1
    assert Alarm.objects.get().count == 4


def test_a_rise_lifts_the_level_and_a_clear_marks_the_end_of_the_condition(world):
    take([world.signal(level=3)])
    take([world.signal("RISE", level=1, value=41.0, threshold=40.0)])
    take([world.signal("CLEAR", level=1, value=33.0)])
    alarm = Alarm.objects.get()
    assert (alarm.level, alarm.peak_level, alarm.state) == (1, 1, "NEW")
    assert (alarm.value, alarm.threshold) == (41.0, 40.0), "what it was raised for, not what cleared it"
    assert alarm.cleared_at is not None
    assert alarm.is_open
    kinds = AlarmEvent.objects.exclude(kind="PUSHED").values_list("kind", flat=True)
    assert list(kinds) == ["OPENED", "RISEN", "CLEARED"]


def test_each_series_has_its_own_alarm_and_numbers_follow_each_other(world):
    take([world.signal(series=n) for n in range(3)])
    numbers = sorted(Alarm.objects.values_list("number", flat=True))
    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]


def test_what_was_held_back_is_counted_with_its_reason(world):
    take(
        [
            world.signal("HELD_BACK", reason=HeldReason.SCHEDULE),
            world.signal("HELD_BACK", reason=HeldReason.SCHEDULE),
        ]
    )
    assert Alarm.objects.count() == 0
    kept = HeldBack.objects.get()
    assert (kept.reason, kept.count) == ("SCHEDULE", 2)
