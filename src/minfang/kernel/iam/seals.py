"""Rows that decide access carry an HMAC-SM3; one changed outside the product counts for nothing.

Security handbook A3 and B.20: the seal is checked when access is computed and by a nightly job, and a row
whose seal is broken raises an alarm. Saving a model seals it, ``QuerySet.update`` does not.
"""

from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.db import models, transaction

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.rowmac import row_mac, row_mac_holds

ALARM = "row.tampered"


class SealedModel(models.Model):
    """State whose columns named in ``SEALED`` are covered by ``mac``."""

    SEALED: ClassVar[tuple[str, ...]] = ()
    mac = models.CharField(max_length=64, default="", editable=False)

    class Meta:
        abstract = True

    def sealed_values(self) -> list[Any]:
        """What the seal covers, in a fixed order."""
        return [_plain(getattr(self, name)) for name in self.SEALED]

    def seal_holds(self) -> bool:
        """Whether the row is as the product wrote it."""
        return row_mac_holds(self._meta.db_table, self.sealed_values(), self.mac)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and seal; refuses to put a new seal on a row that was changed outside the product."""
        asked = kwargs.get("update_fields")
        written = None if asked is None else {_column(type(self), name) for name in asked}
        if written is not None and written.isdisjoint(self.SEALED):
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            stored = self._stored()
            covered = {
                name: getattr(self if written is None or name in written or stored is None else stored, name)
                for name in self.SEALED
            }
            self.mac = self._mac_of(covered)
            if asked is not None:
                kwargs["update_fields"] = {*asked, "mac"}
            super().save(*args, **kwargs)
            if stored is None and self._meta.pk.attname in self.SEALED:
                self.mac = self._mac_of({**covered, self._meta.pk.attname: self.pk})
                type(self)._base_manager.filter(pk=self.pk).update(mac=self.mac)

    def _mac_of(self, values: dict[str, Any]) -> str:
        return row_mac(self._meta.db_table, [_plain(values[name]) for name in self.SEALED])

    def _stored(self) -> Self | None:
        """The row as it stands, locked; a broken seal is not mended by the way."""
        if self._state.adding or self.pk is None:
            return None
        row = type(self)._base_manager.select_for_update(of=("self",)).filter(pk=self.pk).first()
        if row is not None and not row.seal_holds():
            alarm(row)
            raise tampered()
        return row

    def reseal(self) -> None:
        """Put a seal on the row as it stands in memory: only after somebody has looked at it."""
        values = {name: getattr(self, name) for name in self.SEALED}
        self.mac = self._mac_of(values)
        type(self)._base_manager.filter(pk=self.pk).update(**values, mac=self.mac)


def _column(model: type[models.Model], name: str) -> str:
    return str(getattr(model._meta.get_field(name), "attname", name))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def tampered() -> Refusal:
    """The refusal of everything that rests on a row with a broken seal."""
    return Refusal(
        "ROW_TAMPERED",
        "账号或权限数据的完整性校验未通过，已停用该数据并告警。",
        "请联系安全管理员核查处置。",
        status=403,
    )


def alarm(row: SealedModel) -> None:
    """Tell the security administrator which row was changed outside the product."""
    table, target = row._meta.db_table, f"{row._meta.label_lower}:{row.pk}"
    raise_alarm(
        ALARM,
        target=target,
        summary=f"{row._meta.verbose_name}数据被系统之外修改：{row}",
        details={"table": table, "id": row.pk},
    )


Row = TypeVar("Row", bound=SealedModel)


def sound(rows: Iterable[Row]) -> list[Row]:
    """The rows whose seals hold; each of the others raises an alarm."""
    kept = []
    for row in rows:
        if row.seal_holds():
            kept.append(row)
        else:
            alarm(row)
    return kept
