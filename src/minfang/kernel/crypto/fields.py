"""Model fields that keep personal data encrypted at rest (GB/T 39786 level 3, storage confidentiality)."""

from typing import Any

import orjson
from django.db import models

from minfang.kernel.crypto import local


class EncryptedTextField(models.BinaryField):
    """Text stored as SM4-GCM, bound to its table and column; cannot be filtered on.

    Searchable columns get a companion blind index, see :func:`blind_index`.
    """

    _pyi_private_get_type: Any

    def _place(self) -> bytes:
        return f"{self.model._meta.db_table}|{self.column}".encode()

    def _plain(self, value: Any) -> bytes:
        return str(value).encode()

    def _value(self, plain: bytes) -> Any:
        return plain.decode()

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "":
            return None if self.null else b""
        return local.seal("field", self._plain(value), self._place())

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        sealed = value if prepared else self.get_prep_value(value)
        return super().get_db_prep_value(sealed, connection, prepared=True)

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        if value is None or len(value) == 0:
            return self._empty()
        return self._value(local.unseal("field", bytes(value), self._place()))

    def _empty(self) -> Any:
        return ""

    def value_to_string(self, obj: Any) -> str:
        return str(self.value_from_object(obj))

    def to_python(self, value: Any) -> Any:
        return value

    def get_default(self) -> Any:
        return self._empty() if not self.has_default() else super().get_default()


class EncryptedJSONField(EncryptedTextField):
    """A JSON document stored as one SM4-GCM envelope."""

    def _plain(self, value: Any) -> bytes:
        return orjson.dumps(value)

    def _value(self, plain: bytes) -> Any:
        return orjson.loads(plain)

    def _empty(self) -> Any:
        return {}

    def get_prep_value(self, value: Any) -> Any:
        return local.seal("field", self._plain({} if value is None else value), self._place())


def blind_index(column: str, value: str) -> str:
    """A searchable stand-in for an encrypted value: equal values of one column get equal indexes."""
    normal = value.strip().upper()
    if not normal:
        return ""
    return local.hmac_sm3(local.purpose_key("index"), f"{column}|{normal}".encode())[:16].hex()
