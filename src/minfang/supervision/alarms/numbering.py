"""Numbers of alarms: ``YJ``, the Shanghai day, and a number of at least four digits."""

from datetime import date

from minfang.supervision.alarms.models import DayNumber


def next_numbers(day: date, amount: int) -> list[str]:
    """The next numbers of a day. Holds the day's row to the end: one opens alarms at a time."""
    DayNumber.objects.bulk_create([DayNumber(day=day)], ignore_conflicts=True)
    row = DayNumber.objects.select_for_update().get(day=day)
    first, row.last = row.last + 1, row.last + amount
    row.save(update_fields=["last"])
    return [f"YJ{day:%Y%m%d}{number:04d}" for number in range(first, first + amount)]
