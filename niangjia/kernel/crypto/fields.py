"""Encrypted columns, and the keyed digests by which they can be found."""

from __future__ import annotations

from typing import Any

from django.db import models

from niangjia.kernel.crypto.ring import digest, ring


class EncryptedTextField(models.Field):  # type: ignore[type-arg]
    """Text kept as bytea under the writing key; empty text is kept as NULL.

    Can't be filtered on or sorted by: put a DigestField beside it for equality.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["null"] = kwargs["blank"] = True
        kwargs["editable"] = kwargs.get("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, ...]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("null", None)
        kwargs.pop("blank", None)
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:
        return "bytea"

    @property
    def sealed_as(self) -> str:
        return f"{self.model._meta.db_table}.{self.column}"

    def get_prep_value(self, value: Any) -> bytes | None:
        return ring().seal(str(value), self.sealed_as) if value else None

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str:
        return ring().open(bytes(value), self.sealed_as) if value is not None else ""

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def to_python(self, value: Any) -> str:
        return value or ""


class DigestField(models.BinaryField):  # type: ignore[type-arg]
    """HMAC-SM3 of another field of the row, filled on save; NULL where that field is empty."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        kwargs["null"] = True
        kwargs["editable"] = False
        kwargs["max_length"] = 32
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("null", "editable", "max_length"):
            kwargs.pop(fixed, None)
        kwargs["of"] = self.of
        return name, path, args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        value = getattr(model_instance, self.of)
        made = digest(value) if value else None
        setattr(model_instance, self.attname, made)
        return made
