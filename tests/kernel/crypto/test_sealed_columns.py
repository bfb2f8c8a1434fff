"""Encrypted columns: what the database holds, what the product reads, what a thief of rows gets."""

import copy
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from tests.support.keys import own_keys

from minfang.kernel.crypto import actions, envelope, keyring, local, resealing
from minfang.kernel.crypto.local import Tampered
from minfang.kernel.crypto.models import CryptoKey, KeyState
from minfang.kernel.iam.models import Party, Person

pytestmark = pytest.mark.django_db

MOBILE, ID_NO = "13800138000", "310101199001011234"


@pytest.fixture(autouse=True)
def _keys_of_this_test() -> Any:
    with own_keys():
        actions.ensure_keys()
        yield


def person(name: str = "a", **values: str) -> Person:
    wanted = {"mobile": MOBILE, "id_no": ID_NO, **values}
    return Person.objects.create(username=name, name=name, kind="STAFF", **wanted)


def stored(row: Any, column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        return bytes(cursor.fetchone()[0])


def put(row: Any, column: str, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {row._meta.db_table} SET {column} = %s WHERE id = %s", [value, row.pk])


def old_format(row: Any, column: str, value: str) -> None:
    place = f"{row._meta.db_table}|{column}".encode()
    put(row, column, local.seal_with(local.purpose_key("field", 16), value.encode(), place))


def test_a_row_reads_what_was_written_and_the_database_holds_no_clear_text() -> None:
    row = person()
    kept = stored(row, "mobile")
    assert kept[0] == 2
    assert MOBILE.encode() not in kept
    again = Person.objects.get(pk=row.pk)
    assert (again.mobile, again.id_no) == (MOBILE, ID_NO)
    assert stored(person("b", mobile=""), "mobile") == b""


def test_a_value_moved_to_another_row_column_or_table_does_not_open() -> None:
    one, two = person("a"), person("b", mobile="13900139000")
    party = Party.objects.create(kind="1", name="x", id_no=ID_NO, id_no_index="x")
    put(two, "mobile", stored(one, "mobile"))
    with pytest.raises(Tampered):
        _ = Person.objects.get(pk=two.pk).mobile
    put(one, "mobile", stored(one, "id_no"))
    with pytest.raises(Tampered):
        _ = Person.objects.get(pk=one.pk).mobile
    put(party, "id_no", stored(one, "id_no"))
    with pytest.raises(Tampered):
        _ = Party.objects.get(pk=party.pk).id_no


def test_a_changed_byte_is_noticed() -> None:
    row = person()
    kept = bytearray(stored(row, "mobile"))
    kept[-20] ^= 1
    put(row, "mobile", bytes(kept))
    with pytest.raises(Tampered):
        _ = Person.objects.get(pk=row.pk).mobile


def test_a_list_that_does_not_show_the_column_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    person()
    monkeypatch.setattr(envelope, "unseal", lambda *_: pytest.fail("opened"))
    assert [row.name for row in Person.objects.filter(name="a")] == ["a"]


def test_bulk_rows_deferred_columns_and_copies_keep_their_values() -> None:
    made = Person.objects.bulk_create(
        [Person(username=f"u{n}", name="n", kind="STAFF", mobile=f"1380000000{n}") for n in range(3)]
    )
    rows = Person.objects.filter(pk__in=[row.pk for row in made]).order_by("pk")
    assert [row.mobile for row in rows] == [f"1380000000{n}" for n in range(3)]
    assert rows.defer("mobile")[1].mobile == "13800000001"
    twin = copy.copy(rows[0])
    twin.pk, twin.username, twin._state.adding = None, "twin", True
    twin.save()
    assert twin.pk != made[0].pk
    assert Person.objects.get(username="twin").mobile == "13800000000"


def test_saving_an_unread_row_changes_no_stored_byte() -> None:
    row = person()
    before = stored(row, "mobile")
    fresh = Person.objects.get(pk=row.pk)
    fresh.name = "新名"
    fresh.save()
    assert stored(row, "mobile") == before
    assert Person.objects.get(pk=row.pk).mobile == MOBILE


def test_reading_and_writing_without_the_row_is_refused_or_stays_sealed() -> None:
    row = person()
    assert repr(Person.objects.values_list("mobile", flat=True).get(pk=row.pk)) == "（密文）"
    with pytest.raises(TypeError, match="save the row"):
        Person.objects.filter(pk=row.pk).update(mobile="1")
    with pytest.raises(TypeError):
        Person.objects.filter(mobile=MOBILE).exists()
    with pytest.raises(FieldError, match="blind index"):
        Person.objects.filter(mobile__contains="138")


def test_a_failed_insert_leaves_the_row_without_a_number() -> None:
    from django.db import IntegrityError, transaction

    Party.objects.create(kind="1", name="x", id_no=ID_NO, id_no_index="x")
    second = Party(kind="1", name="y", id_no=ID_NO, id_no_index="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    assert second.pk is None


def test_old_rows_are_read_and_sealed_anew_without_loss() -> None:
    rows = [person(f"old{n}") for n in range(3)]
    for row in rows:
        old_format(row, "mobile", MOBILE)
        old_format(row, "id_no", ID_NO)
    assert Person.objects.get(pk=rows[0].pk).mobile == MOBILE
    assert resealing.held_by_key()[0] >= 6
    assert resealing.reseal("iam_person") >= 3
    assert resealing.held_by_key()[0] == 0
    assert resealing.reseal("iam_person") == 0, "what is done is passed over"
    assert {(p.mobile, p.id_no) for p in Person.objects.filter(username__startswith="old")} == {
        (MOBILE, ID_NO)
    }
    assert stored(rows[0], "mobile")[0] == 2


def test_after_a_rotation_old_values_open_new_ones_use_the_new_key_and_reseal_frees_the_old() -> None:
    row = person()
    old = CryptoKey.objects.get(active_for="field")
    new = actions.rotate("field", "管理员")
    keyring.forget()
    second = person("b")
    assert Person.objects.get(pk=row.pk).mobile == MOBILE
    assert envelope.key_number(stored(second, "mobile")) == new.pk
    assert envelope.key_number(stored(row, "mobile")) == old.pk
    assert CryptoKey.objects.get(pk=old.pk).state == KeyState.DECRYPT_ONLY
    resealing.reseal()
    held = resealing.held_by_key()
    assert held[old.pk] == 0
    assert held[new.pk] >= 4


def test_a_destroyed_key_opens_nothing_and_its_row_stays() -> None:
    row = person()
    old = CryptoKey.objects.get(active_for="field")
    actions.rotate("field", "管理员")
    CryptoKey.objects.filter(pk=old.pk).update(wrapped=None, state=KeyState.DESTROYED)
    keyring.forget()
    with pytest.raises(Tampered, match="destroyed"):
        _ = Person.objects.get(pk=row.pk).mobile


def test_a_wrapped_key_that_was_exchanged_is_noticed() -> None:
    person()
    field, file = (CryptoKey.objects.get(active_for=name) for name in ("field", "file"))
    CryptoKey.objects.filter(pk=field.pk).update(wrapped=bytes(file.wrapped or b""))
    keyring.forget()
    with pytest.raises(Tampered, match="not the one"):
        person("b")


def test_before_there_is_a_key_the_derived_one_serves() -> None:
    CryptoKey.objects.all().delete()
    keyring.forget()
    assert envelope.seal("field", b"x", b"p")[0] == 1
    assert envelope.unseal("field", envelope.seal("field", b"x", b"p"), b"p") == b"x"
