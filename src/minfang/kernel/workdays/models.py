"""The official calendar: one row a day, one row a year that says where the days come from."""

from typing import ClassVar

from django.db import models


class WorkCalendarYear(models.Model):
    """One imported year. ``revision`` grows with every import, so that caches notice."""

    year = models.PositiveSmallIntegerField(unique=True)
    provisional = models.BooleanField("暂按周一至周五", default=False)
    source = models.CharField("依据", max_length=200)
    revision = models.PositiveIntegerField(default=1)
    imported_at = models.DateTimeField()

    class Meta:
        db_table = "workdays_year"
        ordering: ClassVar = ["year"]

    def __str__(self) -> str:
        return f"{self.year}{'（暂定）' if self.provisional else ''}"


class WorkCalendarDay(models.Model):
    """One day: worked or not, and the holiday's name where it has one."""

    date = models.DateField(unique=True)
    is_workday = models.BooleanField()
    name = models.CharField("节假日名称", max_length=40, default="")

    class Meta:
        db_table = "workdays_day"
        ordering: ClassVar = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {'工作日' if self.is_workday else '休息日'}"
