"""Without a second factor staff reach nothing; codes and certificates prove one, none works twice (B.10)."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.kernel.iam.support import Browser, staff, with_generator
from tests.kernel.iam.test_passwords import refused_everywhere
from tests.support.sandbox import Sandbox

from minfang.kernel.base import clock
from minfang.kernel.crypto import sm2
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import totp
from minfang.kernel.iam.models import Person
from minfang.services.connectors import staff_ca

pytestmark = pytest.mark.django_db


def half_way() -> Browser:
    browser = Browser()
    assert browser.password() == 200
    return browser


def test_the_codes_are_those_of_rfc_6238() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp.code_at(secret, 59 // 30) == "287082"
    assert totp.code_at(secret, 1111111109 // 30) == "081804"
    assert totp.code_at(secret, 20000000000 // 30) == "353130"


def test_after_the_password_alone_nothing_is_open() -> None:
    with_generator(staff())
    browser = half_way()
    assert (browser.body["signed_in"], browser.body["step"], browser.body["person"]) == (
        False,
        "second_factor",
        None,
    )
    refused_everywhere(browser.http, "SECOND_FACTOR_NEEDED")
    assert browser.post("/session/new-password", {"old": "x", "new": "y"}) == 403


def test_a_code_finishes_the_sign_in_and_does_not_work_again() -> None:
    secret = with_generator(staff())
    browser, step = half_way(), totp.step_now()
    assert browser.code(secret, step) == 200
    assert browser.body["signed_in"]
    assert half_way().code(secret, step) == 401


def test_an_older_code_is_refused_after_a_newer_one() -> None:
    secret = with_generator(staff())
    step = totp.step_now()
    assert half_way().code(secret, step) == 200
    assert half_way().code(secret, step - 1) == 401
    with clock.moved_to(clock.now() + timedelta(seconds=60)):
        assert half_way().code(secret) == 200


def test_whoever_has_none_sets_one_up_at_the_first_sign_in() -> None:
    person = staff()
    browser = half_way()
    assert browser.body["step"] == "enrol"
    assert browser.post("/session/enrol-totp") == 200
    secret = browser.body["secret"]
    assert browser.body["uri"].startswith("otpauth://totp/")
    assert browser.body["picture"].startswith("data:image/svg+xml;base64,")
    assert browser.post("/session/enrol-totp/confirm", {"code": "000000"}) == 422
    right = {"code": totp.code_at(secret, totp.step_now())}
    assert browser.post("/session/enrol-totp/confirm", right) == 200
    assert browser.body["signed_in"]
    assert bytes(secret, "ascii") not in raw_secret(person)


def raw_secret(person: Person) -> bytes:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM iam_totp_device WHERE person_id = %s", [person.pk])
        return bytes(cursor.fetchone()[0])


def test_with_a_stolen_password_nobody_replaces_the_generator() -> None:
    with_generator(staff())
    browser = half_way()
    assert browser.post("/session/enrol-totp") == 403


def test_a_reset_by_the_security_administrator_asks_for_a_new_generator() -> None:
    person, by = staff(), staff("sec", "安全管理员")
    with_generator(person)
    iam.reset_second_factor(person, by=by, reason="手机遗失")
    assert half_way().body["step"] == "enrol"


class Soft:
    """A software certificate of the sandbox, and what its holder can do with it."""

    def __init__(self, sandbox: Sandbox, name: str, account: str, kind: str = "valid") -> None:
        body = {"name": name, "account": account, "kind": kind}
        key = sandbox.platform("/staff-ca/soft-key", body).json()["key"]
        self.pair = sm2.KeyPair(bytes.fromhex(key["private_key"]), bytes.fromhex(key["public_key"]))
        self.certificate, self.chain = key["certificate"], key["chain"]

    def sign(self, text: str) -> dict[str, Any]:
        signature = base64.b64encode(sm2.sign(self.pair, text.encode())).decode()
        return {
            "text": text,
            "signature": signature,
            "certificate": self.certificate,
            "chain": self.chain,
        }


@pytest.fixture
def ca(sandbox: Sandbox) -> Sandbox:
    staff_ca.forget()
    return sandbox


@pytest.fixture
def mine(ca: Sandbox) -> Soft:
    """A certificate bound to 李四, who is signed out again."""
    person = staff()
    secret = with_generator(person)
    browser = half_way()
    browser.code(secret)
    soft = Soft(ca, "李四", "li.si")
    assert browser.post("/account/certificates", soft.sign(text_for(browser))) == 200, browser.body
    return soft


def text_for(browser: Browser) -> str:
    assert browser.post("/session/challenge") == 200
    return str(browser.body["text"])


def prove(browser: Browser, soft: Soft, text: str = "") -> int:
    return browser.post("/session/certificate", soft.sign(text or text_for(browser)))


def test_a_bound_certificate_finishes_the_sign_in(mine: Soft) -> None:
    browser = half_way()
    text = text_for(browser)
    nonce, audience, at, session = text.split("|")
    assert (len(nonce), audience, len(session)) == (32, "minfang", 32)
    assert abs(int(at) - clock.now().timestamp()) < 5
    assert prove(browser, mine, text) == 200
    assert browser.body["signed_in"]


def test_a_challenge_works_once(mine: Soft) -> None:
    first = half_way()
    text = text_for(first)
    assert prove(first, mine, text) == 200
    assert prove(half_way(), mine, text) == 401
    browser = half_way()
    text = text_for(browser)
    assert browser.post("/session/certificate", {**mine.sign(text), "signature": "AAAA"}) == 401
    assert prove(browser, mine, text) == 401


def test_a_challenge_of_another_session_or_an_old_or_invented_one_is_refused(mine: Soft) -> None:
    theirs = text_for(half_way())
    assert prove(half_way(), mine, theirs) == 401
    browser = half_way()
    old = text_for(browser)
    with clock.moved_to(clock.now() + timedelta(seconds=121)):
        assert prove(browser, mine, old) == 401
    assert prove(half_way(), mine, "0" * 32 + "|minfang|0|" + "0" * 32) == 401


def test_anothers_certificate_is_refused_even_when_it_is_valid(mine: Soft, ca: Sandbox) -> None:
    assert prove(half_way(), Soft(ca, "王五", "wang.wu")) == 401
    assert prove(half_way(), Soft(ca, "李四", "namesake")) == 401


def test_an_expired_a_foreign_and_a_revoked_certificate_are_refused(mine: Soft, ca: Sandbox) -> None:
    from minfang.kernel.iam.models import BoundCertificate

    for kind in ("expired", "stranger"):
        soft = Soft(ca, "李四", "li.si", kind)
        bind_past_the_product(BoundCertificate.objects.get(), soft)
        assert prove(half_way(), soft) == 401, kind
    bind_past_the_product(BoundCertificate.objects.get(), mine)
    assert prove(half_way(), mine) == 200
    ca.platform("/staff-ca/revoke", {"certificate": mine.certificate})
    staff_ca.forget()
    assert prove(half_way(), mine) == 401


def bind_past_the_product(row: Any, soft: Soft) -> None:
    """Make the row say that this certificate is bound, so that only the certificate itself is judged."""
    from minfang.kernel.crypto import certificates
    from minfang.kernel.crypto.rowmac import row_mac
    from minfang.kernel.iam import certificate_proof

    leaf = certificates.from_pem(soft.certificate)[0]
    row.fingerprint, row.serial = certificate_proof.fingerprint(leaf), certificates.serial(leaf)
    row.mac = row_mac(certificate_proof.PURPOSE, row.covered())
    row.save()


def test_a_binding_written_past_the_product_does_not_count(mine: Soft) -> None:
    from minfang.kernel.iam.models import BoundCertificate

    other = staff("wang.wu", "王五")
    BoundCertificate.objects.update(person=other)
    browser = Browser()
    browser.password("wang.wu")
    assert prove(browser, mine) == 401


def test_without_a_revocation_list_no_certificate_is_trusted(mine: Soft, ca: Sandbox) -> None:
    staff_ca.forget()
    ca.faults("staff_ca", mode="error", fail_percent=100)
    assert prove(half_way(), mine) == 401


def test_a_certificate_of_another_name_or_already_bound_is_not_bound(mine: Soft, ca: Sandbox) -> None:
    person = staff("wang.wu", "王五")
    secret = with_generator(person)
    browser = Browser()
    browser.password("wang.wu")
    browser.code(secret)
    assert browser.post("/account/certificates", Soft(ca, "赵六", "zhao").sign(text_for(browser))) == 422
    assert "姓名" in browser.body["message"]
    assert browser.post("/account/certificates", mine.sign(text_for(browser))) == 422


def test_soft_certificates_are_only_for_the_demo_environment(ca: Sandbox, settings: Any) -> None:
    staff()
    browser = half_way()
    assert browser.get("/account/soft-certificate") == 200
    assert browser.body["holder"] == "李四"
    assert Client().get("/api/account/soft-certificate").status_code == 401
    settings.DEMO = False
    assert browser.get("/account/soft-certificate") == 404
