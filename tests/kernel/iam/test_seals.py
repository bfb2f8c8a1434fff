"""A row that decides access and was changed past the product counts for nothing, and is told of."""

from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from minfang.kernel.audit.models import SecurityAlarm
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.actions.accounts import check_seals, settle_tampered
from minfang.kernel.iam.holders import held
from minfang.kernel.iam.models import Family, Person, Role, RoleGrant

pytestmark = pytest.mark.django_db
PAGE = "/api/admin/grants"


@pytest.fixture
def person() -> Person:
    iam.load_roles()
    office = iam.ensure_organization(
        "T-CITY", name="市办", short_name="市办", kind="MUNICIPAL_OFFICE", district_code="310000"
    )
    iam.ensure_staff("t.other", "另一人", office, ["sec_admin"])
    return iam.ensure_staff("t.sec", "安全员", office, ["sec_admin"])


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def status_of(person: Person) -> int:
    client = Client()
    client.force_login(person)
    return client.get(PAGE).status_code


def alarms() -> set[str]:
    return set(SecurityAlarm.objects.filter(kind="row.tampered").values_list("target", flat=True))


def test_a_sound_account_is_let_in(person: Person) -> None:
    assert status_of(person) == 200
    assert check_seals() == 0


def test_a_grant_moved_to_somebody_else_by_sql_gives_nothing(person: Person) -> None:
    thief = Person.objects.create(username="t.thief", name="某人", kind="STAFF", family=Family.SECURITY)
    grant = person.grants.get()
    sql("UPDATE iam_role_grant SET person_id = %s WHERE id = %s", thief.pk, grant.pk)
    assert status_of(thief) == 403
    assert alarms() == {f"iam.rolegrant:{grant.pk}"}


@pytest.mark.parametrize("mac", ["", "0" * 64])
def test_a_grant_written_by_sql_gives_nothing(person: Person, mac: str) -> None:
    thief = Person.objects.create(username="t.thief", name="某人", kind="STAFF", family=Family.SECURITY)
    sql(
        "INSERT INTO iam_role_grant (person_id, role_id, organization_id, family, granted_at, mac)"
        " SELECT %s, role_id, organization_id, family, granted_at, %s"
        " FROM iam_role_grant WHERE person_id = %s",
        thief.pk,
        mac,
        person.pk,
    )
    assert status_of(thief) == 403
    assert len(alarms()) == 1


def test_a_grant_copied_with_its_seal_gives_nothing(person: Person) -> None:
    thief = Person.objects.create(username="t.thief", name="某人", kind="STAFF", family=Family.SECURITY)
    sql(
        "INSERT INTO iam_role_grant (person_id, role_id, organization_id, family, granted_at, mac)"
        " SELECT %s, role_id, organization_id, family, granted_at, mac"
        " FROM iam_role_grant WHERE person_id = %s",
        thief.pk,
        person.pk,
    )
    assert status_of(thief) == 403


def test_permissions_added_to_a_role_by_sql_take_the_role_away(person: Person) -> None:
    role = Role.objects.get(code="sec_admin")
    sql("UPDATE iam_role SET permissions = permissions || '[\"case.read\"]' WHERE id = %s", role.pk)
    assert status_of(person) == 403
    assert f"iam.role:{role.pk}" in alarms()
    iam.load_roles()
    assert status_of(person) == 200


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("password", "pbkdf2_sm3$1000$salt$known-to-the-thief"),
        ("kind", "APPLICANT"),
        ("username", "t.sec.renamed"),
        ("party_id", None),
    ],
)
def test_an_account_changed_by_sql_is_let_in_nowhere(
    person: Person, column: str, value: object, party: Callable[[], int]
) -> None:
    client = Client()
    client.force_login(person)
    sql(
        f"UPDATE iam_person SET {column} = %s WHERE id = %s",
        party() if column == "party_id" else value,
        person.pk,
    )
    fresh = Client()
    fresh.force_login(Person.objects.get(pk=person.pk))
    assert fresh.get(PAGE).status_code == 403
    assert alarms() == {f"iam.person:{person.pk}"}


@pytest.fixture
def party() -> Callable[[], int]:
    def make() -> int:
        values = {"name": "某公司", "id_no": "91310107MA1G0X2B6K"}
        return iam.ensure_party(values).pk

    return make


def test_nobody_signs_in_with_a_password_put_there_by_sql(person: Person) -> None:
    person.set_password("Rightful-Pass-2026")
    person.save(update_fields=["password"])
    assert Person.objects.get(pk=person.pk).check_password("Rightful-Pass-2026")
    sql("UPDATE iam_person SET password = %s WHERE id = %s", make_password("Thief-Pass-2026"), person.pk)
    client = Client()
    body = {"username": "t.sec", "password": "Thief-Pass-2026"}
    answer = client.post("/api/session/password", body, content_type="application/json")
    assert answer.status_code == 401
    assert alarms() == {f"iam.person:{person.pk}"}


def test_a_disabled_account_opened_by_sql_stays_shut(person: Person) -> None:
    person.is_active = False
    person.save(update_fields=["is_active"])
    sql("UPDATE iam_person SET is_active = true WHERE id = %s", person.pk)
    assert status_of(Person.objects.get(pk=person.pk)) == 403


def test_the_regular_check_finds_rows_nobody_asks_for(person: Person) -> None:
    sql("UPDATE iam_person SET is_active = false WHERE id = %s", person.pk)
    assert check_seals() == 1
    assert alarms() == {f"iam.person:{person.pk}"}


def test_a_later_change_does_not_put_a_good_seal_on_a_bad_row(person: Person) -> None:
    sql("UPDATE iam_person SET password = 'x' WHERE id = %s", person.pk)
    stored = Person.objects.get(pk=person.pk)
    for change in ({}, {"update_fields": ["is_active"]}):
        with pytest.raises(Refusal) as refused:
            stored.save(**change)
        assert refused.value.code == "ROW_TAMPERED"
    assert not Person.objects.get(pk=person.pk).seal_holds()


def test_a_partial_save_of_an_old_copy_keeps_the_seal_good(person: Person) -> None:
    old = Person.objects.get(pk=person.pk)
    person.set_password("Another-Pass-2026")
    person.save(update_fields=["password"])
    old.is_active = False
    old.save(update_fields=["is_active"])
    assert Person.objects.get(pk=person.pk).seal_holds()


def test_after_a_look_the_account_is_sealed_anew_but_shut(person: Person) -> None:
    sql("UPDATE iam_person SET password = 'x' WHERE id = %s", person.pk)
    other = Person.objects.get(username="t.other")
    settled = settle_tampered(person.pk, by=other, reason="核查为数据库误操作")
    stored = Person.objects.get(pk=settled.pk)
    assert (stored.seal_holds(), stored.is_active, stored.has_usable_password()) == (True, False, False)


def test_checking_seals_asks_the_database_nothing_more(
    person: Person, django_assert_num_queries: Callable[[int], object]
) -> None:
    stored = Person.objects.get(pk=person.pk)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert Access(stored).permissions
    assert RoleGrant.objects.count() == 2


def test_setting_up_again_does_not_seal_a_bad_row_nor_fail_on_it(person: Person) -> None:
    sql("UPDATE iam_person SET password = 'x' WHERE id = %s", person.pk)
    assert person.organization is not None
    iam.ensure_staff("t.sec", "安全员", person.organization, ["sec_admin"])
    assert not Person.objects.get(pk=person.pk).seal_holds()
    assert alarms() == {f"iam.person:{person.pk}"}


def test_work_is_offered_only_to_holders_whose_grants_hold(person: Person) -> None:
    grants = RoleGrant.objects.filter(role__code="sec_admin")
    assert {grant.person.username for grant in held(grants)} == {"t.sec", "t.other"}
    sql("UPDATE iam_role_grant SET mac = '' WHERE person_id = %s", person.pk)
    assert {grant.person.username for grant in held(grants)} == {"t.other"}
