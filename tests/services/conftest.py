"""A loaded product with its demo people, driven through HTTP as they would."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from minfang.kernel.iam.models import Person
from minfang.sandbox import demo
from minfang.services.actions import publishing
from minfang.services.matters import DEFINITIONS

SAMPLE = DEFINITIONS / "BASEMENT_SYNC" / "samples" / "valid.json"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Load the definitions once into the test database."""
    with django_db_blocker.unblock():
        publishing.load_all()
        demo.ensure_accounts()


@pytest.fixture
def loaded(db: None) -> None:
    """Definitions and people, put back if a test with real transactions took them away."""
    if not Person.objects.filter(username="shen.jiahe").exists():
        publishing.load_all()
        demo.ensure_accounts()


class User:
    """One person with a browser: JSON in, JSON out."""

    def __init__(self, username: str) -> None:
        self.person = Person.objects.get(username=username)
        self.http = Client(raise_request_exception=True)
        self.http.force_login(self.person)

    def call(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """Make a request and check the answer's status."""
        extra = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        data = json.dumps(body) if body is not None else None
        answer = self.http.generic(
            method, f"/api{path}", data or "", content_type="application/json", **extra
        )
        assert answer.status_code == status, (path, answer.status_code, answer.content.decode()[:2000])
        return answer.json() if answer.content and "json" in answer["Content-Type"] else answer

    def get(self, path: str, status: int = 200) -> Any:
        return self.call("GET", path, status=status)

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return self.call("POST", path, body, status, **headers)

    def upload(self, path: str, name: str, content: bytes, status: int = 200) -> Any:
        """Send a file as a browser does."""
        from django.core.files.uploadedfile import SimpleUploadedFile

        answer = self.http.post(f"/api{path}", {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == status, answer.content.decode()[:1000]
        return answer.json()


@pytest.fixture
def user(loaded: None) -> Callable[[str], User]:
    """``user("shen.jiahe")``: a signed-in browser of that person."""
    return User


@pytest.fixture
def sample() -> dict[str, Any]:
    """A complete, valid application of the basement matter."""
    data: dict[str, Any] = json.loads(SAMPLE.read_text())
    return data


@pytest.fixture(scope="session")
def pdf() -> bytes:
    """A small genuine PDF."""
    import io

    out = io.BytesIO()
    Image.new("RGB", (200, 100), "white").save(out, "PDF")
    return out.getvalue()


@pytest.fixture
def png(tmp_path: Path) -> bytes:
    """A small genuine picture."""
    path = tmp_path / "x.png"
    Image.new("RGB", (20, 20), "red").save(path)
    return path.read_bytes()
