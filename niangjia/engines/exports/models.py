"""A list on its way into a file, and the layouts that other systems want."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from niangjia.engines.exports.layout import Layout, columns_read
from niangjia.engines.exports.permissions import Permission
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.access.scoped import FailClosedModel, ScopedQuerySet
from niangjia.kernel.crypto.fields import EncryptedTextField


class Export(models.Model):
    """What somebody asked for. It belongs to them alone; the file hangs on the task."""

    task_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    list_name = models.CharField(max_length=60)
    said = models.CharField("名单和条件", max_length=300)
    query = EncryptedTextField()  # the address's; somebody's number may stand in it
    within = models.CharField(max_length=300, blank=True)
    layout = models.CharField(max_length=60)
    columns = models.JSONField(default=list)  # the keys on the screen
    headings = models.TextField("列")
    kind = models.CharField("格式", max_length=10)
    in_full = models.BooleanField("号码完整显示", default=False)
    reason = models.CharField(max_length=200)
    password = EncryptedTextField()  # until the file is locked with it, or never
    rows = models.IntegerField("行数", null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class ExportLayout(FailClosedModel):
    """Another system's file. One of a place serves all below it; one of no place serves everybody."""

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    list_name = models.CharField("列表", max_length=60)
    name = models.CharField("名称", max_length=60)
    description = models.CharField("说明", max_length=300, blank=True)
    columns = models.JSONField(default=list)
    kind = models.CharField("格式", max_length=10, default="xlsx")
    encoding = models.CharField("编码", max_length=20, default="utf-8-sig")
    header_lines = models.TextField("表头上方的文字", blank=True)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "name"], nulls_distinct=False, name="export_layout_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """Those of the places where one may use or edit them, of what lies above, and everybody's."""
        paths = {path for one in Permission for path in actor.paths(one)}
        if not paths:
            return rows.none()
        near = Q(scope=None)
        for path in paths:
            labels = [int(label) for label in path.split(".")]
            near |= Q(scope__in=labels) | Q(scope__path__under=path)
        return rows.filter(near)

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        return rows.filter(Q(scope=None) | Q(scope__path__under_any=list(paths)))

    def may_change(self, actor: Actor, permission: str) -> str | None:
        """One of no place is the business of whoever holds the right at the top of the tree."""
        path = (
            self.scope.path if self.scope else Scope.objects.filter(parent=None).values_list("path", flat=True).first()
        )
        return path if path and actor.may(permission, path) else None

    def as_layout(self) -> Layout:
        return Layout(
            f"layout:{self.pk}",
            self.name,
            columns_read(self.columns),
            self.description,
            self.kind,
            self.encoding,
            tuple(line for line in self.header_lines.splitlines() if line.strip()),
        )
