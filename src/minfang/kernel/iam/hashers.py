"""Passwords at rest: PBKDF2 with HMAC-SM3 and a salt of their own (GB/T 39786, security handbook B.4)."""

import base64
import hashlib
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

LEAST_ROUNDS = 400_000


class PBKDF2SM3PasswordHasher(PBKDF2PasswordHasher):
    """Django's PBKDF2 with SM3. ``settings.PASSWORD_ROUNDS`` sets the rounds; tests take fewer."""

    algorithm = "pbkdf2_sm3"

    @property
    def iterations(self) -> int:  # type: ignore[override]
        """Rounds of a new hash; a stored one with another number is made anew at the next sign-in."""
        return int(getattr(settings, "PASSWORD_ROUNDS", LEAST_ROUNDS))

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        self._check_encode_args(password, salt)  # type: ignore[attr-defined]
        rounds = iterations or self.iterations
        raw = hashlib.pbkdf2_hmac("sm3", password.encode(), salt.encode(), rounds)
        return f"{self.algorithm}${rounds}${salt}${base64.b64encode(raw).decode('ascii')}"

    def harden_runtime(self, password: str, encoded: str) -> None:
        decoded: dict[str, Any] = self.decode(encoded)
        missing = self.iterations - decoded["iterations"]
        if missing > 0:
            self.encode(password, decoded["salt"], missing)
