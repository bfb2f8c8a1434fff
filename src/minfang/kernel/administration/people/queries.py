"""Read accounts: the list with its filters, and one account with everything around it."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from minfang.kernel.administration.grants.queries import steps_of
from minfang.kernel.administration.people.schemas import (
    Account,
    AccountOptions,
    AccountPage,
    AccountRow,
    HeldRole,
)
from minfang.kernel.base import clock, masking
from minfang.kernel.base.errors import not_found
from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.models import (
    CounterKind,
    Family,
    Organization,
    OrganizationKind,
    Person,
    PersonKind,
    ProofCounter,
    Role,
)

STATES = {"ACTIVE": "在用", "LOCKED": "已锁定", "DISABLED": "已停用", "TAMPERED": "数据异常"}
SORTS = {
    "name": ["name", "pk"],
    "username": ["username"],
    "last": ["-last_login", "pk"],
    "created": ["-created_at", "-pk"],
}
MOST = 100


@dataclass(frozen=True)
class Asked:
    """The filters of the list."""

    keyword: str = ""
    kind: str = PersonKind.STAFF
    office: int = 0
    role: str = ""
    state: str = ""
    unused: bool = False
    sort: str = "name"
    page: int = 1
    size: int = 20


def accounts(asked: Asked) -> AccountPage:
    """The accounts that meet the filters, a page of them."""
    rows = _filtered(asked).order_by(*SORTS.get(asked.sort, SORTS["name"]))
    size, page = max(1, min(asked.size, MOST)), max(1, asked.page)
    total = rows.count()
    people = rows.select_related("organization__parent", "party").prefetch_related("grants__role")
    shown = list(people[(page - 1) * size : page * size])
    locked = _locked([person.username for person in shown])
    return AccountPage(total=total, page=page, size=size, rows=[_row(p, locked) for p in shown])


def _filtered(asked: Asked) -> QuerySet[Person]:
    rows = Person.objects.filter(kind=asked.kind)
    word = asked.keyword.strip()
    if word:
        rows = rows.filter(Q(username__icontains=word) | Q(name__icontains=word) | Q(title__icontains=word))
    if asked.office:
        rows = rows.filter(Q(organization_id=asked.office) | Q(organization__parent_id=asked.office))
    if asked.role == "none":
        rows = rows.filter(grants__isnull=True)
    elif asked.role:
        rows = rows.filter(pk__in=Person.objects.filter(grants__role__code=asked.role).values("pk"))
    if asked.unused:
        rows = rows.filter(last_login__isnull=True)
    return _in_state(rows, asked.state)


def _in_state(rows: QuerySet[Person], state: str) -> QuerySet[Person]:
    if state == "DISABLED":
        return rows.filter(is_active=False)
    if state in ("ACTIVE", "LOCKED"):
        rows = rows.filter(is_active=True)
        names = _now_locked().values("subject")
        return rows.filter(username__in=names) if state == "LOCKED" else rows.exclude(username__in=names)
    if state == "TAMPERED":
        columns = rows.only(*Person.SEALED, "mac")
        return rows.filter(pk__in=[row.pk for row in columns if not row.seal_holds()])
    return rows


def _now_locked() -> QuerySet[ProofCounter]:
    return ProofCounter.objects.filter(kind=CounterKind.NAME, locked_until__gt=clock.now())


def _locked(names: list[str]) -> set[str]:
    return set(_now_locked().filter(subject__in=names).values_list("subject", flat=True))


def _state(person: Person, locked: set[str]) -> str:
    if not person.seal_holds():
        return "TAMPERED"
    if not person.is_active:
        return "DISABLED"
    return "LOCKED" if person.username in locked else "ACTIVE"


def _row(person: Person, locked: set[str]) -> AccountRow:
    state = _state(person, locked)
    return AccountRow(
        id=person.pk,
        username=person.username,
        name=person.name if person.kind == PersonKind.STAFF else _one_letter(person.name),
        title=person.title,
        kind=person.kind,
        kind_label=PersonKind(person.kind).label,
        organization=place_of(person),
        family=person.family,
        family_label=Family(person.family).label,
        roles=sorted({grant.role.name for grant in person.grants.all()}),
        state=state,
        state_label=STATES[state],
        reason=person.disabled_reason,
        mobile=masking.number(person.mobile),
        last_sign_in=person.last_login,
        created_at=person.created_at,
    )


def _one_letter(name: str) -> str:
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def place_of(person: Person) -> str:
    """The office and section a member of staff works in, or the company an applicant acts for."""
    organization = person.organization
    if organization is None:
        return person.party.name if person.party else ""
    office = organization.office
    section = "" if office.pk == organization.pk else f" · {organization.short_name}"
    return f"{office.short_name}{section}"


def account(person_id: int) -> Account:
    """One account with its roles, factors and history."""
    rows = Person.objects.select_related("organization__parent", "party", "totp")
    person = rows.prefetch_related("grants__role", "grants__organization").filter(pk=person_id).first()
    if person is None:
        raise not_found("该账号")
    row = _row(person, _locked([person.username]))
    return Account(
        **vars(row),
        organization_id=person.organization_id,
        id_no=masking.number(person.id_no),
        must_change_password=person.must_change_password,
        password_changed_at=person.password_changed_at,
        second_factors=_factors(person),
        held=[
            HeldRole(
                grant_id=grant.pk,
                code=grant.role.code,
                name=grant.role.name,
                office=grant.organization.short_name,
                sound=grant.seal_holds() and grant.role.seal_holds(),
            )
            for grant in person.grants.all()
        ],
        history=steps_of(person),
    )


def _factors(person: Person) -> list[str]:
    totp = getattr(person, "totp", None)
    found = ["动态口令"] if totp and totp.confirmed_at else []
    certificates = person.certificates.filter(unbound_at=None).count()
    return [*found, f"证书 {certificates} 张"] if certificates else found


def options() -> AccountOptions:
    """Organisations with their sections, offices, and roles, for filters and forms."""
    rows = list(Organization.objects.select_related("parent").order_by("code"))
    offices = [row for row in rows if row.kind != OrganizationKind.SECTION]
    return AccountOptions(
        organizations=[Option(value=str(row.pk), label=_full(row)) for row in rows],
        offices=[Option(value=str(row.pk), label=row.short_name) for row in offices],
        roles=[Option(value=role.code, label=role.name) for role in Role.objects.order_by("pk")],
    )


def _full(row: Organization) -> str:
    office = row.office
    return row.name if office.pk == row.pk else f"{office.short_name} · {row.name}"


def person_of(person_id: int) -> Person:
    """The account, or a refusal that there is none."""
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise not_found("该账号")
    return person


def organization_of(organization_id: int) -> Organization:
    """The organisation, or a refusal that there is none."""
    found = Organization.objects.filter(pk=organization_id).first()
    if found is None:
        raise not_found("该单位")
    return found
