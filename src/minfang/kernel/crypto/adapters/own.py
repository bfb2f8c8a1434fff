"""The product's own adapter: master key and signing key in files only their owner reads.

For development, tests and drills, and as an emergency fall-back that production has off.
"""

import fcntl
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from asn1crypto import x509
from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, local, sm2
from minfang.kernel.crypto.adapters import stamps
from minfang.kernel.crypto.adapters.inprocess import InProcess, trusted_roots
from minfang.kernel.crypto.certificates import Subject
from minfang.kernel.crypto.port import SERVER_SIGNING, CryptoMisconfigured, TimeStamp

WRAPPING = b"minfang/wrap"
DAYS = 3650
ROOT_NAME = Subject("民防平台本机根证书（非生产）", "本机")
SIGNER_NAME = Subject("民防平台服务器签名（非生产）", "本机")


class LocalAdapter(InProcess):
    """SM4-GCM under the local master key; SM2 with a software key of this machine."""

    name = "local"

    def wrap(self, key: bytes) -> bytes:
        """The key under the local master key."""
        return local.seal_with(_wrapping_key(), key, WRAPPING)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key again; raises ``local.Tampered``."""
        return local.unseal_with(_wrapping_key(), wrapped, WRAPPING)

    def sign(self, key_ref: str, data: bytes) -> bytes:
        """SM2-with-SM3 (DER) with the key file of that name, made when first needed."""
        return sm2.sign(_key_of(key_ref)[0], data)

    def certificate(self, key_ref: str) -> x509.Certificate:
        """The certificate of a key made here, below a root of this machine."""
        return _key_of(key_ref)[1]

    def timestamp(self, digest: bytes) -> TimeStamp:
        """This machine's clock, signed with its key: proves order here, not towards others."""
        at = clock.now()
        signature = self.sign(SERVER_SIGNING, stamps.body_of(digest, at))
        return TimeStamp(
            at, stamps.token_of(signature, [certificates.to_pem(self.certificate(SERVER_SIGNING))])
        )

    def verify_timestamp(self, digest: bytes, stamp: TimeStamp) -> bool:
        """Whether this machine's key signed this digest with this moment."""
        return stamps.holds(digest, stamp, trusted_roots())


def _wrapping_key() -> bytes:
    """Whatever adapter is in use: keys that were wrapped here are still unwrapped here when they move."""
    return hashlib.pbkdf2_hmac("sha256", local.local_master_key(), b"minfang/wrap", 1, 16)


def _key_of(key_ref: str) -> tuple[sm2.KeyPair, x509.Certificate]:
    if not key_ref.replace("-", "").isalnum():
        raise CryptoMisconfigured(f"签名密钥名称 {key_ref} 不合规则。")
    folder = Path(settings.CRYPTO_KEYS)
    key_file, certificate_file = folder / f"{key_ref}.key.pem", folder / f"{key_ref}.pem"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (key_file.exists() and certificate_file.exists()):
            _make(key_file, certificate_file)
    stamp = (key_file.stat().st_mtime_ns, certificate_file.stat().st_mtime_ns)
    cached = _loaded.get(str(key_file))
    if cached is None or cached[0] != stamp:
        pair = certificates.key_from_pem(key_file.read_text())
        cached = (stamp, pair, certificates.from_pem(certificate_file.read_text())[0])
        _loaded[str(key_file)] = cached
    return cached[1], cached[2]


_loaded: dict[str, tuple[Any, sm2.KeyPair, x509.Certificate]] = {}


def _make(key_file: Path, certificate_file: Path) -> None:
    """A key with a certificate; the root that vouches for it signs this once and its key is forgotten."""
    start = clock.now() - timedelta(minutes=5)
    root_key, pair = sm2.generate(), sm2.generate()
    root = certificates.make_root(ROOT_NAME, root_key, not_before=start, days=DAYS)
    leaf = certificates.make_leaf(
        SIGNER_NAME, pair.public, issuer=root, issuer_key=root_key, not_before=start, days=DAYS
    )
    roots = Path(settings.CRYPTO_ROOTS)
    roots.mkdir(parents=True, exist_ok=True)
    _write(roots / f"{key_file.name.partition('.')[0]}-root.pem", certificates.to_pem(root), 0o644)
    _write(certificate_file, certificates.to_pem(leaf), 0o644)
    _write(key_file, certificates.key_to_pem(pair), 0o400)


def _write(path: Path, text: str, mode: int) -> None:
    """Whole or not at all, with its rights from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
