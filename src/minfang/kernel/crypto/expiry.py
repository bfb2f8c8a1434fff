"""Certificates the platform relies on, and how long they still hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, port
from minfang.kernel.crypto.adapters.inprocess import trusted_roots

WARN_DAYS = 30


@dataclass(frozen=True)
class Relied:
    """A certificate (``asn1crypto.x509.Certificate``) and what it is used for, in Chinese."""

    use: str
    certificate: Any

    @property
    def name(self) -> str:
        """Its common name."""
        return certificates.common_name(self.certificate)

    @property
    def serial(self) -> str:
        """Its serial number, which tells certificates of one name apart."""
        return certificates.serial(self.certificate)

    @property
    def end(self) -> datetime:
        """The last moment it holds."""
        found: datetime = self.certificate.not_valid_after
        return found

    @property
    def days_left(self) -> int:
        """Whole days until it ends; negative once it has."""
        return (self.end - clock.now()).days

    @property
    def has_expired(self) -> bool:
        """Whether nothing can be signed or traced with it any more."""
        return self.days_left < 0

    @property
    def warning(self) -> str:
        """What is to be done about it; empty while it holds for long."""
        if self.has_expired:
            return "已过期，请立即更换"
        return f"{self.days_left} 天后到期，请办理换证" if self.days_left <= WARN_DAYS else ""


def own() -> Relied:
    """The platform's signing certificate; raises ``port.CryptoUnavailable`` or ``CryptoMisconfigured``."""
    return Relied("服务器签名", port.current().certificate(port.SERVER_SIGNING))


def roots() -> list[Relied]:
    """The roots that certificates are traced to."""
    return [Relied("信任的根证书", root) for root in trusted_roots()]
