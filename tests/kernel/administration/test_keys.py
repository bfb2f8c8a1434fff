"""Keys in the browser: what is shown, rotation, and destruction by two people."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.support.keys import own_keys

from minfang.kernel.administration.keys import queries
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.crypto import actions, keyring, resealing
from minfang.kernel.crypto.models import CryptoKey
from minfang.kernel.iam.models import Person


@pytest.fixture(autouse=True)
def _keys_of_this_test(office: Any) -> Iterator[None]:
    with own_keys():
        actions.ensure_keys()
        yield


def rotated(office: Any) -> int:
    """The number of a field key that was replaced two hours ago and holds nothing any more."""
    old = CryptoKey.objects.get(active_for="field")
    status, _ = office.browser("t.sys").post("/keys/rotate", {"purpose": "field"})
    assert status == 200
    keyring.forget()
    resealing.reseal()
    CryptoKey.objects.filter(pk=old.pk).update(state_changed_at=clock.now() - timedelta(hours=2))
    return old.pk


def test_the_page_shows_keys_and_certificates_and_never_a_key(office: Any) -> None:
    page = office.browser("t.sec").get("/keys")
    assert {key["purpose"] for key in page["keys"]} == {"field", "file"}
    assert page["service"] == "local"
    assert any(row["use"] == "服务器签名" and row["days_left"] > 30 for row in page["certificates"])
    kept = CryptoKey.objects.get(active_for="field")
    assert bytes(kept.wrapped or b"").hex() not in str(page)


def test_a_key_that_data_need_is_not_destroyed(office: Any) -> None:
    old = CryptoKey.objects.get(active_for="field")
    office.browser("t.sys").post("/keys/rotate", {"purpose": "field"})
    status, refusal = office.browser("t.sec").post(f"/keys/{old.pk}/destruction", {"reason": "到期"})
    assert (status, refusal["code"]) == (409, "KEY_NEEDED")
    uses = {row["id"]: row["count"] for row in office.browser("t.sec").get("/keys/usage")["uses"]}
    assert uses[old.pk] > 0


def test_two_people_destroy_a_key_and_its_trace_stays(office: Any) -> None:
    number = rotated(office)
    status, refusal = office.browser("t.sys").post(f"/keys/{number}/destroy")
    assert (status, refusal["code"]) == (409, "NOT_ASKED")
    status, asked = office.browser("t.sec").post(f"/keys/{number}/destruction", {"reason": "年度轮换"})
    assert (status, asked["asked_by"], asked["mine"]) == (200, "t.sec", True)
    assert office.browser("t.sec").post(f"/keys/{number}/destroy")[0] == 403
    assert office.browser("t.sys").post(f"/keys/{number}/destruction", {"reason": "自己来"})[0] == 403
    status, gone = office.browser("t.sys").post(f"/keys/{number}/destroy")
    assert (status, gone["state"]) == (200, "DESTROYED")
    kept = CryptoKey.objects.get(pk=number)
    assert kept.wrapped is None
    codes = list(AuditEvent.objects.filter(action__startswith="key.").values_list("action", flat=True))
    assert sorted(codes) == ["key.ask_destruction", "key.destroy", "key.rotate"]
    keyring.forget()
    assert Person.objects.get(username="t.sys").mobile == "13800001234"


def test_who_asked_does_not_execute_even_with_both_rights(office: Any) -> None:
    key = CryptoKey.objects.get(pk=rotated(office))
    actions.ask_destruction(key, by_id=7, by="甲", reason="x")
    with pytest.raises(Exception, match="SAME_PERSON"):
        actions.destroy(key, by_id=7, by="甲")


def test_a_key_other_processes_may_still_use_waits_an_hour(office: Any) -> None:
    number = rotated(office)
    office.browser("t.sec").post(f"/keys/{number}/destruction", {"reason": "年度轮换"})
    CryptoKey.objects.filter(pk=number).update(state_changed_at=clock.now())
    status, refusal = office.browser("t.sys").post(f"/keys/{number}/destroy")
    assert (status, refusal["code"]) == (409, "KEY_STILL_CACHED")


def test_a_request_can_be_taken_back(office: Any) -> None:
    number = rotated(office)
    security = office.browser("t.sec")
    security.post(f"/keys/{number}/destruction", {"reason": "年度轮换"})
    status, key = security.post(f"/keys/{number}/destruction/withdraw")
    assert (status, key["asked_at"]) == (200, None)
    assert office.browser("t.sys").post(f"/keys/{number}/destroy")[0] == 409


def test_files_of_the_first_release_count_under_the_key_of_their_pieces(office: Any, settings: Any) -> None:
    from uuid import uuid4

    from minfang.kernel.files import storage

    first, second = uuid4(), uuid4()
    old = CryptoKey.objects.get(active_for="file")
    storage.write(first, b"x" * (storage.PIECE_BYTES + 1), None)
    actions.rotate("file", "x")
    keyring.forget()
    storage.write(second, b"y", None)
    new = CryptoKey.objects.get(active_for="file")
    assert queries.usage_of("file") == {old.pk: 1, new.pk: 1}
    assert b"".join(storage.pieces(first, None)) == b"x" * (storage.PIECE_BYTES + 1)


def test_officers_and_auditors_see_no_keys(office: Any) -> None:
    for username in ("t.officer", "t.audit"):
        assert office.browser(username).call("GET", "/keys")[0] == 403
