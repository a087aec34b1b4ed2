"""A township with its clerk and its chair, each at a browser, for the tests of the importer's pages."""

from __future__ import annotations

from datetime import date

from django.test import Client
from django.utils import timezone

from niangjia.engines.imports import actions, checking, committing
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.modules.members.testing import identity_number
from niangjia.modules.organisations.testing import officer, small_tree

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TEST = "the test's own world"


class Office:
    def __init__(self) -> None:
        self.tree = small_tree()
        self.clerk, self.chair = (
            officer("CLERK", self.tree.north, "陈晓燕"),
            officer("CHAIR", self.tree.north, "钱伟民"),
        )
        self.neighbour = officer("CLERK", self.tree.south, "方圆")

    def browser(self, user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    def upload(self, rows: list[str], headings: str = "姓名,身份证号,工会名称,入会时间") -> ImportBatch:
        content = "\r\n".join([headings, *rows]).encode()
        return actions.upload_batch(
            sheet="members.member", scope_id=self.tree.north.pk, content=content, name="花名册.csv",
            actor=self.acting(), now=timezone.now(),
        )  # fmt: skip

    def acting(self) -> Actor:
        """The clerk."""
        return actor_of(self.clerk.pk, now=timezone.now())

    def check(self, batch: ImportBatch) -> ImportBatch:
        actions.match_columns(batch.pk, mapping=batch.mapping, actor=self.acting(), now=timezone.now())
        checking.check(batch.pk, now=timezone.now())
        return again(batch)

    def checked(self, rows: list[str]) -> ImportBatch:
        return self.check(self.upload(rows))

    def commit(self, batch: ImportBatch) -> ImportBatch:
        actions.commit_batch(batch.pk, actor=self.acting(), now=timezone.now())
        if again(batch).state == BatchState.COMMITTING:
            committing.commit(batch.pk, now=timezone.now())
        return again(batch)

    def take_back(self, batch: ImportBatch) -> ImportBatch:
        actions.take_back_batch(batch.pk, reason="拿错了表", actor=self.acting(), now=timezone.now())
        committing.take_back(batch.pk, now=timezone.now())
        return again(batch)

    def row(self, name: str, serial: int) -> str:
        return f"{name},{identity_number(date(1990, 2, 3), serial=serial)},{self.tree.mill.name},2024-05-06"


def again(batch: ImportBatch) -> ImportBatch:
    return ImportBatch.objects.unscoped(reason=TEST).get(pk=batch.pk)
