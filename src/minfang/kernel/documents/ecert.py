"""Identifiers of electronic certificates, GB/T 36904-2018: six parts and a MOD 37,36 check character."""

import re
from dataclasses import dataclass

ROOT = "1.2.156.3005.2"
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PARTS = re.compile(r"[0-9A-Z]{21}\.[0-9A-Z]{18}\.[0-9A-Z]{1,64}\.[0-9]{3}\.[0-9A-Z]")


def mod37_36(text: str) -> str:
    """The check character of ISO/IEC 7064 MOD 37,36 over capitals and figures."""
    value = 36
    for character in text:
        value = (value + CHARACTERS.index(character)) % 36 or 36
        value = value * 2 % 37
    return CHARACTERS[(37 - value) % 36]


@dataclass(frozen=True)
class ElectronicCertificateId:
    """One certificate: its type (defining body's code and three figures), issuer, serial and version."""

    type_code: str
    issuer_code: str
    serial: str
    version: int = 1

    def __str__(self) -> str:
        parts = [self.type_code, self.issuer_code, self.serial, f"{self.version:03d}"]
        return ".".join([ROOT, *parts, mod37_36("".join(parts))])

    def reissued(self) -> "ElectronicCertificateId":
        """The identifier of the next version of the same certificate."""
        return ElectronicCertificateId(self.type_code, self.issuer_code, self.serial, self.version + 1)


def make(type_code: str, issuer_code: str, number: str, version: int = 1) -> ElectronicCertificateId:
    """An identifier from a printed number such as 沪国动审〔2026〕017号: only its capitals and figures count.

    Raises ``ValueError`` when a part has the wrong length or no character is left of the number.
    """
    serial = re.sub(r"[^0-9A-Z]", "", number.upper())
    made = ElectronicCertificateId(type_code.upper(), issuer_code.upper(), serial, version)
    if not is_valid(str(made)):
        raise ValueError(f"not an electronic certificate identifier: {made}")
    return made


def is_valid(text: str) -> bool:
    """Whether an identifier has the right root, parts and check character."""
    if not text.startswith(ROOT + ".") or not _PARTS.fullmatch(text[len(ROOT) + 1 :]):
        return False
    *parts, check = text[len(ROOT) + 1 :].split(".")
    return mod37_36("".join(parts)) == check
