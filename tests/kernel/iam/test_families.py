"""The three kinds of administrator are kept apart by the database itself; nobody is above them."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction

from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.models import Family, Organization, Person, Role, RoleGrant

FAMILIES = {
    "handler": Family.BUSINESS,
    "sys_admin": Family.SYSTEM,
    "sec_admin": Family.SECURITY,
    "auditor": Family.AUDIT,
}
SHARED = {"people.read", "key.read"}  # looking on, by those who need the other to act
PAIRS = list(itertools.permutations(FAMILIES, 2))

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def office() -> Organization:
    iam.load_roles()
    return iam.ensure_organization(
        "T-CITY", name="市办", short_name="市办", kind="MUNICIPAL_OFFICE", district_code="310000"
    )


def holder(office: Organization, role: str) -> Person:
    return iam.ensure_staff(f"one.{role}", "某人", office, [role])


@pytest.mark.parametrize(("held", "wanted"), PAIRS)
def test_no_account_gets_roles_of_two_families_through_the_models(
    office: Organization, held: str, wanted: str
) -> None:
    person = holder(office, held)
    role = Role.objects.get(code=wanted)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(person=person, role=role, organization=office)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.bulk_create(
            [RoleGrant(person=person, role=role, organization=office, family=role.family)]
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(family=role.family)


@pytest.mark.parametrize(("held", "wanted"), PAIRS)
def test_no_account_gets_roles_of_two_families_through_sql(
    office: Organization, held: str, wanted: str
) -> None:
    person = holder(office, held)
    role = Role.objects.get(code=wanted)
    insert = (
        "INSERT INTO iam_role_grant (person_id, role_id, organization_id, family, granted_at, mac)"
        " VALUES (%s, %s, %s, %s, now(), '')"
    )
    for family in FAMILIES.values():
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [person.pk, role.pk, office.pk, str(family)])


def test_a_role_cannot_change_its_family_while_somebody_holds_it(office: Organization) -> None:
    holder(office, "handler")
    with pytest.raises(IntegrityError), transaction.atomic():
        Role.objects.filter(code="handler").update(family=Family.SECURITY)


def test_an_account_without_roles_may_begin_anew_in_another_family(office: Organization) -> None:
    person = holder(office, "handler")
    person.grants.all().delete()
    RoleGrant.objects.create(person=person, role=Role.objects.get(code="auditor"), organization=office)
    assert Person.objects.get(pk=person.pk).family == Family.AUDIT


def test_administrators_hold_no_permission_on_business_and_officers_none_on_administration() -> None:
    by_family: dict[str, set[str]] = {}
    for role in Role.objects.all():
        by_family.setdefault(role.family, set()).update(set(role.permissions) - SHARED)
    for one, other in itertools.combinations(by_family.values(), 2):
        assert one.isdisjoint(other)
    assert set(by_family) == set(Family.values)


def test_nobody_is_above_the_roles() -> None:
    columns = {field.name for field in Person._meta.get_fields()}
    assert columns.isdisjoint({"is_superuser", "is_staff", "user_permissions", "groups"})
