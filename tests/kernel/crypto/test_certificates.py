"""SM2 certificates: a chain is trusted only while every link of it holds."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import x509

from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.certificates import NotTrusted, Subject, check_chain

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=30)


def root_and_key(name: str = "测试根证书") -> tuple[x509.Certificate, sm2.KeyPair]:
    key = sm2.generate()
    return certificates.make_root(Subject(name, "测试机构"), key, not_before=START), key


def leaf_of(root: x509.Certificate, root_key: sm2.KeyPair, days: int = 365) -> x509.Certificate:
    subject = Subject("上海市国防动员办公室审批专用章", "上海市国防动员办公室")
    key = sm2.generate()
    return certificates.make_leaf(
        subject, key.public, issuer=root, issuer_key=root_key, not_before=START, days=days
    )


def test_a_leaf_of_a_known_root_is_trusted_and_survives_pem() -> None:
    root, key = root_and_key()
    leaf = leaf_of(root, key)
    text = certificates.to_pem(leaf) + certificates.to_pem(root)
    again, root_again = certificates.from_pem(text)
    assert len(check_chain(again, roots=[root_again], at=NOW)) == 2
    assert certificates.common_name(again) == "上海市国防动员办公室审批专用章"
    assert certificates.serial(again) == certificates.serial(leaf)


def test_keys_survive_pem_and_still_sign() -> None:
    pair = sm2.generate()
    again = certificates.key_from_pem(certificates.key_to_pem(pair))
    assert again == pair
    assert sm2.verify(pair.public, b"x", sm2.sign(again, b"x"))


@pytest.mark.parametrize("at", [START - timedelta(seconds=1), START + timedelta(days=366)])
def test_outside_its_validity_a_certificate_is_not_trusted(at: datetime) -> None:
    root, key = root_and_key()
    with pytest.raises(NotTrusted, match="有效期"):
        check_chain(leaf_of(root, key), roots=[root], at=at)


def test_a_root_of_the_same_name_with_another_key_is_not_the_issuer() -> None:
    root, key = root_and_key()
    impostor, _ = root_and_key()
    with pytest.raises(NotTrusted, match="不受信任"):
        check_chain(leaf_of(root, key), roots=[impostor], at=NOW)


def test_a_leaf_may_not_issue_certificates() -> None:
    root, root_key = root_and_key()
    middle_key = sm2.generate()
    middle = certificates.make_leaf(
        Subject("中间"), middle_key.public, issuer=root, issuer_key=root_key, not_before=START
    )
    with pytest.raises(NotTrusted, match="不是发证机构"):
        check_chain(leaf_of(middle, middle_key), roots=[root], intermediates=[middle], at=NOW)


def test_an_intermediate_authority_is_followed_to_the_root() -> None:
    root, root_key = root_and_key()
    middle_key = sm2.generate()
    middle = certificates.make(
        Subject("中间 CA"),
        middle_key.public,
        issuer=root,
        issuer_key=root_key,
        usage={"key_cert_sign"},
        not_before=START,
        days=365,
    )
    path = check_chain(leaf_of(middle, middle_key), roots=[root], intermediates=[middle], at=NOW)
    assert len(path) == 3


def test_a_certificate_authority_may_not_sign_documents() -> None:
    root, _ = root_and_key()
    with pytest.raises(NotTrusted, match="用途"):
        check_chain(root, roots=[root], at=NOW)


def test_a_changed_certificate_is_not_trusted() -> None:
    root, key = root_and_key()
    raw = bytearray(leaf_of(root, key).dump())
    place = bytes(raw).find("审批专用章".encode())
    raw[place + 2] ^= 1
    with pytest.raises(NotTrusted, match="不受信任"):
        check_chain(x509.Certificate.load(bytes(raw)), roots=[root], at=NOW)
