"""Templates of the basement matter, the bundled fonts, and a seal platform in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509
from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.certificates import Subject
from minfang.kernel.documents import fonts, seals, verification

TEMPLATES = Path(settings.ROOT) / "src/minfang/services/definitions/BASEMENT_SYNC/templates"
OFFICE = "上海市国防动员办公室"


@dataclass
class SealPlatform:
    """One seal with its key, certificate, issuers and picture."""

    key: sm2.KeyPair
    chain: list[x509.Certificate]
    root: x509.Certificate
    image: bytes

    def sign(self, data: bytes) -> bytes:
        return sm2.sign(self.key, data)


def make_platform(image: bytes, name: str = f"{OFFICE}审批专用章") -> SealPlatform:
    """A platform with a root of its own."""
    start = clock.now() - timedelta(days=1)
    root_key, key = sm2.generate(), sm2.generate()
    root = certificates.make_root(Subject("测试根证书"), root_key, not_before=start)
    leaf = certificates.make_leaf(
        Subject(name, OFFICE), key.public, issuer=root, issuer_key=root_key, not_before=start
    )
    return SealPlatform(key, [leaf, root], root, image)


@pytest.fixture(autouse=True)
def _bundled_fonts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(settings.FONTS_ROOT)
    bundled = tuple(str(root / name) for name in fonts.definition()["folders"]["bundled"])
    monkeypatch.setattr(fonts, "folders", lambda: bundled)


@pytest.fixture(scope="session")
def seal_image() -> bytes:
    return seals.draw_seal(OFFICE, "审批专用章")


@pytest.fixture
def platform(seal_image: bytes) -> SealPlatform:
    return make_platform(seal_image)


@pytest.fixture
def other_platform(seal_image: bytes) -> SealPlatform:
    return make_platform(seal_image)


@pytest.fixture
def template() -> Callable[[str], tuple[str, dict[str, Any]]]:
    """Source and sample context of a template, with a fixed verification block."""

    def read(name: str) -> tuple[str, dict[str, Any]]:
        sample = json.loads((TEMPLATES / "samples" / f"{name}.json").read_text())
        sample["verify"] = {**verification.block("ABCDEFGHJKMNPQRSTU"), "shown": "ABCDEF-GHJKMN-PQRSTU"}
        return (TEMPLATES / f"{name}.typ").read_text(), sample

    return read
