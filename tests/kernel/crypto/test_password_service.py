"""The password service over real HTTP: what it does for us, and what every failure of it does to us."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.keys import own_keys
from tests.support.sandbox import Sandbox

from minfang.kernel.base import clock
from minfang.kernel.crypto import actions, envelope, fields, keyring, local, port, rowmac
from minfang.kernel.crypto.certificates import NotTrusted
from minfang.kernel.crypto.models import CryptoKey
from minfang.kernel.crypto.port import SERVER_SIGNING, CryptoMisconfigured, CryptoPort, CryptoUnavailable
from minfang.kernel.iam.models import Person

SECRET = b"sandbox-password-service"
DATA = b"head of the day"


@pytest.fixture
def service(sandbox: Sandbox, settings: Any, tmp_path: Path) -> Iterator[CryptoPort]:
    """The adapter against the sandbox, waiting half a second and opening its breaker after three failures."""
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    settings.CRYPTO_ADAPTER = "http0136"
    settings.CRYPTO_SERVICE = {
        "url": sandbox.url,
        "app_id": "minfang",
        "secret_file": str(secret),
        "timeout": 0.5,
        "retries": 1,
        "retry_pause": 0.01,
        "breaker_failures": 3,
        "breaker_seconds": 0.6,
    }
    port.forget()
    with own_keys():
        yield port.current()
    port.forget()


def test_keys_are_wrapped_by_the_service_and_only_it_unwraps_them(service: CryptoPort) -> None:
    wrapped = service.wrap(b"k" * 16)
    assert b"k" * 16 not in wrapped
    assert service.unwrap(wrapped) == b"k" * 16
    with pytest.raises(CryptoUnavailable, match="密文无法解开"):
        service.unwrap(wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def test_the_service_keeps_no_clear_key(service: CryptoPort, sandbox: Sandbox) -> None:
    import base64

    service.wrap(b"top secret key 1")
    seen = str([sandbox.request("GET", f"/arrivals/{a['id']}").json() for a in sandbox.arrivals("crypto")])
    assert base64.b64encode(b"top secret key 1").decode() not in seen


def test_signatures_certificates_and_stamps_hold(service: CryptoPort) -> None:
    signature, holder = service.sign(SERVER_SIGNING, DATA), service.certificate(SERVER_SIGNING)
    assert service.verify(holder, DATA, signature)
    assert not service.verify(holder, DATA + b".", signature)
    assert not service.verify(holder, DATA, b"nonsense")
    service.verify_certificate(holder, purpose="digital_signature", at=clock.now())
    with pytest.raises(NotTrusted, match="有效期"):
        service.verify_certificate(holder, purpose="digital_signature", at=clock.now().replace(year=2060))
    stamp = service.timestamp(service.hash(DATA))
    assert service.verify_timestamp(service.hash(DATA), stamp)
    assert not service.verify_timestamp(service.hash(b"other"), stamp)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("error", "状态 500"),
        ("timeout", "超过 0.5 秒"),
        ("lost_answer", "超过 0.5 秒"),
        ("reject", "未通过校验"),
    ],
)
def test_without_a_usable_answer_nothing_is_signed(
    service: CryptoPort, sandbox: Sandbox, mode: str, said: str
) -> None:
    sandbox.faults("crypto", mode=mode, fail_percent=100, hang_seconds=1)
    with pytest.raises(CryptoUnavailable, match=said):
        service.sign(SERVER_SIGNING, DATA)
    sandbox.reset()
    assert service.sign(SERVER_SIGNING, DATA)


def test_one_failure_is_asked_again(service: CryptoPort, sandbox: Sandbox) -> None:
    sandbox.faults("crypto", mode="error", fail_next=1)
    assert service.unwrap(service.wrap(b"k" * 16)) == b"k" * 16


def test_a_wrong_signature_is_never_handed_out(service: CryptoPort, sandbox: Sandbox) -> None:
    sandbox.faults("crypto", mode="wrong_signature", fail_percent=100)
    with pytest.raises(CryptoUnavailable, match="验证不通过"):
        service.sign(SERVER_SIGNING, DATA)


def test_an_expired_signing_certificate_is_not_relied_on(service: CryptoPort, sandbox: Sandbox) -> None:
    sandbox.faults("crypto", mode="expired_certificate", fail_percent=100)
    with pytest.raises(CryptoUnavailable, match="不在有效期内"):
        service.sign(SERVER_SIGNING, DATA)


def test_a_time_stamp_that_strays_from_our_clock_is_not_taken(service: CryptoPort, sandbox: Sandbox) -> None:
    sandbox.faults("crypto", mode="clock_skew", fail_percent=100)
    with pytest.raises(CryptoUnavailable, match=r"相差 3[56]"):
        service.timestamp(service.hash(DATA))


def test_another_secret_is_refused(service: CryptoPort, settings: Any, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"another secret of ours")
    settings.CRYPTO_SERVICE = {**settings.CRYPTO_SERVICE, "secret_file": str(other)}
    port.forget()
    with pytest.raises(CryptoUnavailable, match="未通过校验"):
        port.current().wrap(b"k" * 16)


def test_after_failures_in_a_row_the_service_is_left_alone_for_a_while(
    service: CryptoPort, sandbox: Sandbox
) -> None:
    sandbox.faults("crypto", mode="error", fail_percent=100)
    for _ in range(3):
        with pytest.raises(CryptoUnavailable):
            service.wrap(b"k" * 16)
    before = len(sandbox.arrivals("crypto"))
    with pytest.raises(CryptoUnavailable, match="暂停访问"):
        service.wrap(b"k" * 16)
    assert len(sandbox.arrivals("crypto")) == before
    sandbox.reset()
    time.sleep(0.7)
    assert service.wrap(b"k" * 16)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "缺少 app_id、secret_file、url"),
        ({"url": "http://10.0.0.1", "app_id": "a", "secret_file": "/x"}, "https"),
        ({"url": "https://x", "app_id": "a", "secret_file": "/x", "colour": 1}, "不认识 colour"),
        ({"url": "https://x", "app_id": "a", "secret_file": "/nowhere"}, "无法读取"),
    ],
)
def test_settings_that_cannot_work_are_named(settings: Any, given: dict[str, Any], said: str) -> None:
    settings.CRYPTO_ADAPTER, settings.CRYPTO_SERVICE = "http0136", given
    port.forget()
    with pytest.raises(CryptoMisconfigured, match=said):
        port.current()
    port.forget()


def test_the_vendors_place_says_that_it_is_empty(settings: Any) -> None:
    settings.CRYPTO_ADAPTER = "vendor"
    port.forget()
    with pytest.raises(CryptoMisconfigured, match="接口文档"):
        port.current()
    port.forget()


@pytest.mark.django_db
def test_moving_to_the_service_loses_nothing(service: CryptoPort, settings: Any, sandbox: Sandbox) -> None:
    from minfang.kernel.crypto.adapters import build

    settings.CRYPTO_ADAPTER = "local"
    port.forget()
    keyring.forget()
    actions.ensure_keys()
    row = Person.objects.create(username="a", name="a", kind="STAFF", mobile="13800138000")
    index, mac = fields.blind_index("x", "1"), rowmac.row_mac("x", [1])
    old = envelope.local.seal_with(local.purpose_key("field", 16), b"old", b"p")
    settings.CRYPTO_ADAPTER = "http0136"
    port.forget()
    keyring.forget()
    with pytest.raises(CryptoMisconfigured, match="rewrap"):
        _ = Person.objects.get(pk=row.pk).mobile
    assert actions.rewrap(build("local")) >= 3
    keyring.forget()
    assert Person.objects.get(pk=row.pk).mobile == "13800138000"
    assert fields.blind_index("x", "1") == index
    assert rowmac.row_mac_holds("x", [1], mac)
    assert envelope.unseal("field", old, b"p") == b"old"
    assert set(CryptoKey.objects.values_list("wrapped_by", flat=True)) == {"http0136"}


@pytest.mark.django_db
def test_while_the_service_is_down_running_processes_go_on_and_new_ones_refuse_clearly(
    service: CryptoPort, sandbox: Sandbox
) -> None:
    CryptoKey.objects.all().delete()
    actions.ensure_keys()
    row = Person.objects.create(username="a", name="a", kind="STAFF", mobile="13800138000")
    assert rowmac.row_mac("x", [1])
    sandbox.faults("crypto", mode="error", fail_percent=100)
    assert Person.objects.get(pk=row.pk).mobile == "13800138000", "keys are in memory"
    assert rowmac.row_mac("x", [1]), "sign-in checks its rows without the service"
    keyring.forget()
    with pytest.raises(CryptoUnavailable, match="没有答复"):
        _ = Person.objects.get(pk=row.pk).mobile
    with pytest.raises(CryptoUnavailable):
        Person.objects.create(username="b", name="b", kind="STAFF", mobile="1")
    assert not Person.objects.filter(username="b").exists(), "nothing half written"
    sandbox.reset()
    time.sleep(0.7)
    assert Person.objects.get(pk=row.pk).mobile == "13800138000"
