"""What people do with data sources."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found, stale
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization
from minfang.supervision.links import browsing
from minfang.supervision.links.actions import links
from minfang.supervision.links.models import FILES, UNFINISHED, DataSource, LinkRun, SourceKind, SourceState

PLAIN = ("name", "kind", "host", "port", "database", "schema_name", "username", "path", "options", "note")
ADDRESS = ("kind", "host", "port", "database", "schema_name", "username", "path", "options")
MANAGE = "link.manage"


@transaction.atomic
def create(access: Access, values: dict[str, Any]) -> DataSource:
    """Enter a source for the person's office; the password is sealed."""
    source = DataSource(office=_office(access))
    _fill(source, values)
    source.save()
    record("link.source_created", person=access.person, target=source, summary=f"新建数据源“{source.name}”")
    return source


@transaction.atomic
def change(access: Access, source_id: int, version: int, values: dict[str, Any]) -> DataSource:
    """Change a source. Who changes where it leads gives the password anew: it goes nowhere unseen."""
    source = locked(access, source_id)
    if source.version != version:
        raise stale("该数据源刚刚被他人修改。")
    before = _shown(source)
    moved = any((getattr(source, name) or None) != (values.get(name) or None) for name in ADDRESS)
    if moved and source.password and not values.get("password"):
        text = "连接地址已改变，请重新填写密码。"
        raise invalid([FieldError("password", "密码", text)])
    _fill(source, values)
    source.version += 1
    source.state, source.state_reason = (
        (SourceState.UNTESTED, "") if moved else (source.state, source.state_reason)
    )
    source.save()
    links.plan_anew(source)
    record(
        "link.source_changed",
        person=access.person,
        target=source,
        summary=f"修改数据源“{source.name}”",
        before=before,
        after=_shown(source),
    )
    return source


@transaction.atomic
def delete(access: Access, source_id: int) -> None:
    """Remove a source with its links and their records; readings stay. Refused while a run is open."""
    source = locked(access, source_id)
    if LinkRun.objects.filter(link__source=source, state__in=UNFINISHED).exists():
        raise Refusal("RUNNING", "该数据源有正在进行的同步。", "请先停止同步任务，再删除。", status=409)
    record("link.source_deleted", person=access.person, target=source, summary=f"删除数据源“{source.name}”")
    source.links.all().delete()
    source.delete()


@transaction.atomic
def switch(access: Access, source_id: int, enabled: bool) -> DataSource:
    """Let the links of a source run, or not."""
    source = locked(access, source_id)
    source.enabled = enabled
    source.version += 1
    source.save(update_fields=["enabled", "version"])
    links.plan_anew(source)
    words = "启用" if enabled else "停用"
    record(
        "link.source_switched", person=access.person, target=source, summary=f"{words}数据源“{source.name}”"
    )
    return source


def test(access: Access, source_id: int) -> list[browsing.Step]:
    """Try a source step by step and keep the result; the network is asked outside any transaction."""
    source = visible(access, source_id, MANAGE)
    steps = browsing.test(source)
    broken = next((step for step in steps if not step.passed), None)
    with transaction.atomic():
        kept = locked(access, source_id)
        kept.state = SourceState.BROKEN if broken else SourceState.OK
        kept.state_reason = broken.text[:300] if broken else ""
        kept.tested_at = clock.now()
        kept.save(update_fields=["state", "state_reason", "tested_at"])
        if not broken:
            links.plan_anew(kept)
        record("link.source_tested", person=access.person, target=kept, summary=f"测试数据源“{kept.name}”")
    return steps


def visible(access: Access, source_id: int, permission: str) -> DataSource:
    """A source this person may see."""
    found = DataSource.objects.visible_to(access, permission).select_related("office__parent")
    source = found.filter(pk=source_id).first()
    if source is None:
        raise not_found("该数据源")
    return source


def locked(access: Access, source_id: int) -> DataSource:
    """A source this person may change, locked."""
    found = DataSource.objects.visible_to(access, MANAGE).select_for_update(of=("self",))
    source = found.filter(pk=source_id).first()
    if source is None:
        raise not_found("该数据源")
    return source


def draft(access: Access, values: dict[str, Any]) -> DataSource:
    """A source that is not kept yet, for trying it out."""
    source = DataSource(office=_office(access))
    _fill(source, values, unique=False)
    return source


def _office(access: Access) -> Organization:
    found = Organization.objects.filter(pk__in=access.offices_for(MANAGE)).select_related("parent").first()
    if found is None:
        raise forbidden()
    return found.office


def _fill(source: DataSource, values: dict[str, Any], unique: bool = True) -> None:
    faults = _faults(values)
    if unique and DataSource.objects.filter(name=values["name"]).exclude(pk=source.pk).exists():
        faults.append(FieldError("name", "名称", "已有同名数据源。"))
    if faults:
        raise invalid(faults)
    for name in PLAIN:
        value = values.get(name)
        setattr(source, name, (value or "") if name == "note" else value if value != "" else None)
    source.options = values.get("options") or {}
    if values.get("password"):
        source.password = values["password"]


def _faults(values: dict[str, Any]) -> list[FieldError]:
    kind = values["kind"]
    needed = {"path": "文件"} if kind in FILES else {"host": "主机"}
    if kind not in (*FILES, SourceKind.HTTP):
        needed |= {"database": "数据库", "username": "用户名"}
    return [
        FieldError(name, label, f"请填写{label}。") for name, label in needed.items() if not values.get(name)
    ]


def _shown(source: DataSource) -> dict[str, Any]:
    """What the trail keeps of a source; never the password."""
    return {name: getattr(source, name) for name in ("name", "kind", "host", "port", "database", "path")}
