"""Model fields that keep personal data encrypted at rest (GB/T 39786 level 3, storage confidentiality).

A value is sealed for its table, column and row, and opened when the attribute is read: a list that does
not show it never opens it. What is read without its row (``values()``) stays :class:`Sealed`; what is
written without its row (``update()``) is refused.
"""

from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import class_prepared

from minfang.kernel.crypto import envelope, local, numbers

PURPOSE = "field"


class Sealed:
    """A stored value and the row it came from; it shows nothing of its content."""

    __slots__ = ("pk", "stored")

    def __init__(self, stored: bytes, pk: Any = None) -> None:
        self.stored, self.pk = stored, pk

    def __repr__(self) -> str:
        return "（密文）"


class SealedAttribute(DeferredAttribute):
    """Opens the value of its row when it is first read."""

    field: "EncryptedTextField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        found = instance.__dict__.get(self.field.attname, self)
        if found is self:
            return super().__get__(instance, cls)
        if type(found) is Sealed:
            found = self.field.opened(found, found.pk if found.pk is not None else instance.pk)
            instance.__dict__[self.field.attname] = found
        return found

    def __set__(self, instance: Any, value: Any) -> None:
        if type(value) is Sealed and value.pk is None:
            value.pk = instance.__dict__.get(instance._meta.pk.attname)
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField):
    """Text stored as SM4-GCM, bound to its table, column and row; cannot be filtered on.

    Searchable columns get a companion blind index, see :func:`blind_index`.
    """

    _pyi_private_get_type: Any
    descriptor_class = SealedAttribute

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        """Let the model's rows know their number before they are inserted."""
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            class_prepared.connect(_number_rows, sender=cls)

    def _place(self, pk: Any) -> bytes:
        key = pk if type(pk) in (int, UUID) else self.model._meta.pk.to_python(pk)
        return f"{self.model._meta.db_table}|{self.column}|{key}".encode()

    def _plain(self, value: Any) -> bytes:
        return str(value).encode()

    def _value(self, plain: bytes) -> Any:
        return plain.decode()

    def sealed(self, value: Any, pk: Any) -> Any:
        """The value as it is stored in row ``pk``; raises ``TypeError`` without a row."""
        if value is None or value == "":
            return None if self.null else b""
        if pk is None:
            raise TypeError(f"{self} is sealed for its row: the row needs its number first")
        return Sealed(envelope.seal(PURPOSE, self._plain(value), self._place(pk)), pk)

    def opened(self, found: Sealed, pk: Any) -> Any:
        """The clear value of row ``pk``; raises ``local.Tampered`` if it was changed or moved."""
        if len(found.stored) == 0:
            return self._empty()
        if found.stored[0] == local.ENVELOPE_VERSION:
            place = f"{self.model._meta.db_table}|{self.column}".encode()
            return self._value(envelope.unseal(PURPOSE, found.stored, place))
        return self._value(envelope.unseal(PURPOSE, found.stored, self._place(pk)))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The stored form; a value nobody read and no rotation passed is written back as it was."""
        kept = model_instance.__dict__.get(self.attname)
        if type(kept) is Sealed and kept.pk == model_instance.pk and kept.stored[:1] == b"\x02":
            return kept
        return self.sealed(getattr(model_instance, self.attname), model_instance.pk)

    def get_prep_value(self, value: Any) -> Any:
        if type(value) is Sealed:
            return value.stored
        if value is None or len(value) == 0:
            return None if self.null else b""
        raise TypeError(f"{self} is sealed for its row: save the row; update() and filters cannot")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        stored = value if prepared else self.get_prep_value(value)
        return super().get_db_prep_value(stored, connection, prepared=True)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in ("isnull", "exact"):
            raise FieldError(f"{self} is encrypted and cannot be searched; ask its blind index")
        return super().get_lookup(lookup_name)

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        if value is None or len(value) == 0:
            return self._empty()
        return Sealed(bytes(value))

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

    def sealed(self, value: Any, pk: Any) -> Any:
        """The document as it is stored in row ``pk``; an empty one is sealed too."""
        if pk is None:
            raise TypeError(f"{self} is sealed for its row: the row needs its number first")
        plain = self._plain({} if value is None else value)
        return Sealed(envelope.seal(PURPOSE, plain, self._place(pk)), pk)


def _number_rows(sender: type[models.Model], **_: Any) -> None:
    numbers.draw_before_insert(sender)


def blind_index(column: str, value: str) -> str:
    """A searchable stand-in for an encrypted value: equal values of one column get equal indexes."""
    normal = value.strip().upper()
    if not normal:
        return ""
    return local.hmac_sm3(local.purpose_key("index"), f"{column}|{normal}".encode())[:16].hex()
