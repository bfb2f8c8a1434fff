"""Read keys, what they still hold, and the certificates the platform relies on."""

from collections import Counter

from minfang.kernel.administration.keys.schemas import CertificateOut, KeyOut, KeyPage, KeyUsage, KeyUse
from minfang.kernel.base import clock
from minfang.kernel.crypto import expiry, port, resealing
from minfang.kernel.crypto.models import CryptoKey, KeyPurpose
from minfang.kernel.files import resealing as file_keys
from minfang.kernel.files import storage
from minfang.kernel.iam.models import Person

SERVICES = {"local": "本机实现（非生产）", "http0136": "可信密码服务（HTTP）", "vendor": "厂商接口"}


def page(person: Person) -> KeyPage:
    """Everything but the counts, which take longer."""
    service, trouble, found = "", "", list[CertificateOut]()
    try:
        adapter = port.current()
        service = adapter.name
        found.append(_certificate(expiry.own()))
    except (port.CryptoUnavailable, port.CryptoMisconfigured) as error:
        trouble = str(error)
    found += [_certificate(root) for root in expiry.roots()]
    return KeyPage(
        service=service,
        service_label=SERVICES.get(service, service),
        trouble=trouble,
        keys=[key_out(key, person) for key in CryptoKey.objects.order_by("-pk")],
        certificates=found,
    )


def key_out(key: CryptoKey, person: Person) -> KeyOut:
    """One key as the page shows it."""
    return KeyOut(
        id=key.pk,
        purpose=key.purpose,
        purpose_label=key.get_purpose_display(),
        algorithm=key.algorithm,
        state=key.state,
        state_label=key.get_state_display(),
        wrapped_by=SERVICES.get(key.wrapped_by, key.wrapped_by),
        check_value=key.check_value,
        created_at=key.created_at,
        created_by=key.created_by,
        age_days=(clock.now() - key.created_at).days,
        state_changed_at=key.state_changed_at,
        state_changed_by=key.state_changed_by,
        asked_at=key.asked_at,
        asked_by=key.asked_by,
        asked_reason=key.asked_reason,
        mine=key.asked_by_id == person.pk,
    )


def _certificate(one: expiry.Relied) -> CertificateOut:
    return CertificateOut(
        use=one.use,
        name=one.name,
        serial=one.serial,
        issuer=str(one.certificate.issuer.native.get("common_name", "")),
        not_before=one.certificate.not_valid_before,
        not_after=one.end,
        days_left=one.days_left,
        warning=one.warning,
    )


def held_by(key: CryptoKey) -> int:
    """How many values (field keys) or files (file keys) would be lost with a key."""
    return usage_of(key.purpose)[key.pk]


def usage_of(purpose: str) -> Counter[int]:
    """How much each key of a purpose holds; 0 stands for the derived key of the first format."""
    if purpose == KeyPurpose.FIELD:
        return resealing.held_by_key()
    return _files() if purpose == KeyPurpose.FILE else Counter()


def usage() -> KeyUsage:
    """How much every key holds."""
    fields, files = usage_of(KeyPurpose.FIELD), usage_of(KeyPurpose.FILE)
    counts = {key.pk: (fields if key.purpose == KeyPurpose.FIELD else files)[key.pk] for key in _data_keys()}
    uses = [KeyUse(id=number, count=count) for number, count in counts.items()]
    return KeyUsage(uses=uses, derived=fields[0] + files[0])


def _data_keys() -> list[CryptoKey]:
    return list(CryptoKey.objects.exclude(purpose=KeyPurpose.DERIVE))


def _files() -> Counter[int]:
    """Files by the key that wraps theirs; by the keys of their pieces where they have none of their own."""
    counts = Counter(file_keys.held_by_key())
    for _, numbers in storage.sealed_together():
        counts.update(numbers)
    return counts
