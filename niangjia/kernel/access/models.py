"""The tree of scopes, the users, and the jobs they hold."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q

from niangjia.kernel.access.permissions import Permission
from niangjia.kernel.access.scoped import ScopedModel
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.ltree import PathField


class Scope(models.Model):
    """A place in the tree. What stands there (a union, later others) has the same id."""

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    path = PathField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["path"], name="scope_path_once")]
        indexes: ClassVar = [GistIndex(fields=["path"], name="scope_path_gist")]

    def __str__(self) -> str:
        return str(self.path)


class ScopePath(models.Model):
    """Where a scope stood from a day until a day: last year's figures keep last year's tree."""

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    path = PathField()
    from_on = models.DateField()
    until_on = models.DateField(null=True)  # half-open: not on this day any more

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "from_on"], name="scope_path_one_a_day"),
            models.UniqueConstraint(fields=["scope"], condition=Q(until_on=None), name="scope_path_one_open"),
            models.CheckConstraint(condition=Q(until_on=None) | Q(until_on__gt=F("from_on")), name="scope_path_span"),
        ]
        indexes: ClassVar = [GistIndex(fields=["path"], name="scope_path_history_gist")]


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Somebody who logs in: an officer by user name, a worker by the phone and a code sent to it."""

    username = models.CharField("用户名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=50)
    phone = EncryptedTextField("手机")
    # Of workers' accounts only: they are found by it. An officer has none, and a second account as a worker.
    phone_digest = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    email = models.EmailField("电子邮箱", blank=True)  # allauth looks for it; nothing is sent there
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name

    # allauth and axes ask for these; rights come from grants alone.
    is_staff = False
    is_superuser = False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False


class Grant(ScopedModel):
    """A job held by a user at a place, from a day until a day (half-open, may be open-ended)."""

    seen_with = Permission.OFFICER_VIEW

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    job = models.CharField(max_length=40)
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_on=None) | Q(until_on__gt=F("from_on")), name="grant_span"),
            models.UniqueConstraint(
                fields=["user", "job", "scope"], condition=Q(ended_at=None), name="grant_once_open"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["scope", "job"], name="grant_scope_job"),
            models.Index(fields=["granted_at", "id"], name="grant_newest"),
        ]

    def holds_on(self, today: date) -> bool:
        return self.ended_at is None and self.from_on <= today and (self.until_on is None or today < self.until_on)


class Invitation(models.Model):
    """A link by which a new officer sets the first password; used once, and not for long."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token_digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
