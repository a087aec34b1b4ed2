"""The tree of unions, who leads them, the employers, and the hands that do the work.

Kinds, industries and the like are codes of `rules.py`; labels stand there, not in the database.
Spans are half-open: `until_on` is the first day on which something no longer holds.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import FailClosedModel, ScopedModel, ScopedQuerySet
from niangjia.kernel.crypto.fields import EncryptedTextField
from niangjia.kernel.ltree import PathField
from niangjia.modules.organisations.permissions import Permission


class Division(models.Model):
    """An administrative division (GB/T 2260; townships by their 9-digit code). Public, so not scoped."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Organisation(ScopedModel):
    """A union or another organ of the tree; its id is its scope's id."""

    seen_with = Permission.ORGANISATION_VIEW

    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, primary_key=True, related_name="+")
    name = models.CharField("名称", max_length=100)
    name_key = models.TextField(db_collation="C")
    short_name = models.CharField("简称", max_length=40, blank=True)
    kind = models.CharField("类型", max_length=30)
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True, unique=True)
    division = models.ForeignKey(
        Division, verbose_name="行政区划", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    address = models.CharField("地址", max_length=200, blank=True)
    telephone = models.CharField("办公电话", max_length=30, blank=True)
    staff_quota = models.PositiveSmallIntegerField("专职人员核定数", default=0)
    founded_on = models.DateField("成立日期", null=True, blank=True)
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", verbose_name="并入", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="organisation_named"),
            models.CheckConstraint(condition=~Q(credit_code=""), name="organisation_code_or_null"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["name_key", "scope"], name="organisation_name_key"),
            models.Index(fields=["kind"], name="organisation_kind"),
            models.Index(fields=["division"], name="organisation_division"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.closed_on is None


class StructureChange(ScopedModel):
    """Founded, renamed, of another kind, moved, merged, dissolved: what the tree looked like before and after."""

    seen_with = Permission.ORGANISATION_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20)
    on = models.DateField()
    other = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    path_before = PathField(null=True)
    path_after = PathField(null=True)
    kind_before = models.CharField(max_length=30, blank=True, db_default="")  # of what became another kind
    note = models.CharField(max_length=300, blank=True)
    actor_name = models.CharField(max_length=50)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "-on"], name="structure_change_of")]


class Term(ScopedModel):
    """A term of office (届). A dispatched organ has one without an election."""

    seen_with = Permission.ORGANISATION_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="terms")
    number = models.PositiveSmallIntegerField("届次")
    from_on = models.DateField("任期开始")
    until_on = models.DateField("任期届满")
    ended_on = models.DateField("实际结束", null=True, blank=True)
    elected_by = models.CharField("产生方式", max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="term_number_once"),
            models.CheckConstraint(condition=Q(until_on__gt=F("from_on")), name="term_span"),
        ]
        indexes: ClassVar = [models.Index(fields=["until_on"], condition=Q(ended_on=None), name="term_due")]


class Post(ScopedModel):
    """Somebody's seat on the committee, from a day until a day."""

    seen_with = Permission.ORGANISATION_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posts")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, null=True, related_name="posts")
    kind = models.CharField("职务", max_length=30)
    name = models.CharField("姓名", max_length=50)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_full_time = models.BooleanField("专职", default=False)
    chosen_by = models.CharField("产生方式", max_length=20, db_default="CONGRESS")
    from_on = models.DateField("任职日期")
    until_on = models.DateField("免职日期", null=True, blank=True)
    ended_by = models.CharField("离任方式", max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_on=None) | Q(until_on__gte=F("from_on")), name="post_span"),
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(kind="CHAIR", until_on=None), name="post_one_chair"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "kind"], name="post_of_organisation")]


class Employer(FailClosedModel):
    """An employer stands outside the tree: it is seen from the township it lies in, and by its unions."""

    name = models.CharField("名称", max_length=100)
    name_key = models.TextField(db_collation="C")
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True, unique=True)
    division = models.ForeignKey(Division, on_delete=models.PROTECT, verbose_name="所在镇街", related_name="+")
    address = models.CharField("地址", max_length=200, blank=True)
    industry = models.CharField("行业", max_length=2, blank=True)
    nature = models.CharField("性质", max_length=30, blank=True)
    headcount = models.PositiveIntegerField("职工人数", default=0)
    women = models.PositiveIntegerField("女职工人数", default=0)
    new_form_workers = models.PositiveIntegerField("新就业形态劳动者人数", default=0)
    union_state = models.CharField("建会情况", max_length=20)
    counted_on = models.DateField("人数核对日期", null=True, blank=True)
    latitude = models.FloatField("纬度", null=True, blank=True)  # WGS-84 degrees, as a visit found it
    longitude = models.FloatField("经度", null=True, blank=True)
    closed_on = models.DateField("注销日期", null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="employer_named"),
            models.CheckConstraint(condition=~Q(credit_code=""), name="employer_code_or_null"),
            models.CheckConstraint(condition=Q(women__lte=F("headcount")), name="employer_women"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="employer_name_key"),
            models.Index(fields=["headcount", "id"], name="employer_headcount"),
            models.Index(fields=["division", "union_state", "-headcount"], name="employer_blank_spot"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return cls.narrowed(rows, actor.paths(Permission.EMPLOYER_VIEW))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        """Employers on the ground that the paths answer for, and those of the unions under them."""
        if not paths:
            return rows.none()
        ground = ground_under(paths)
        linked = (
            EmployerUnion.objects.unscoped(reason="employers of the unions under the paths")
            .filter(organisation__scope__path__under_any=list(paths), until_on=None)
            .exclude(employer__division__in=ground)
            .values_list("employer_id", flat=True)
        )
        # A city's unions have too many employers to look through first; of the others the planner likes to know them.
        elsewhere = linked if len(ground) > WIDE_GROUND else list(linked)
        return rows.filter(Q(division__in=ground) | Q(pk__in=elsewhere))

    def may_change(self, actor: Actor, permission: str) -> str | None:
        """The place whose right covers this employer, or None: the ground it stands on before its unions."""
        unions = EmployerUnion.objects.unscoped(reason="places of one employer").filter(employer=self, until_on=None)
        places = [*answering_for(self.division_id), *unions.values_list("organisation__scope__path", flat=True)]
        return next((path for path in places if actor.may(permission, path)), None)


GROUND_KINDS = ("TOWNSHIP_UNION", "COUNTY_FEDERATION", "CITY_FEDERATION", "PROVINCE_FEDERATION")
"""Kinds of organisation that answer for a piece of ground, their division and what lies in it."""

WIDE_GROUND = 50
"""Divisions: a county has fewer, a city more. Measured with 150,000 employers."""


def answering() -> ScopedQuerySet[Organisation]:
    """The organisations that answer for ground; that of a merged one is its heir's.

    One entered with its superior's division has no ground of its own: it would get all of the superior's.
    """
    rows = Organisation.objects.unscoped(reason="who answers for which ground")
    superior = rows.filter(pk=OuterRef("scope__parent_id"), division=OuterRef("division_id"))
    return rows.filter(
        ~Exists(superior),
        Q(closed_on=None) | Q(merged_into__isnull=False),
        kind__in=GROUND_KINDS,
        division__isnull=False,
    )


def ground_under(paths: tuple[str, ...]) -> list[str]:
    """The divisions for which the organisations at and under the paths answer."""
    under = list(paths)
    here = Q(scope__path__under_any=under, closed_on=None) | Q(merged_into__scope__path__under_any=under)
    codes = list(answering().filter(here).values_list("division_id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with recursive ground (code) as (
                select unnest(%s::varchar[])
                union
                select d.code from organisations_division d join ground on d.parent_id = ground.code
            )
            select code from ground
            """,
            [codes],
        )
        return [code for (code,) in cursor.fetchall()]


def answering_for(division_id: str) -> list[str]:
    """The paths of the organisations that answer for a division, the nearest one first."""
    division = Division.objects.select_related("parent__parent__parent").filter(pk=division_id).first()
    codes: list[str] = []
    while division is not None:
        codes.append(division.pk)
        division = division.parent
    found = (
        answering()
        .filter(division__in=codes)
        .values_list("division_id", Coalesce("merged_into__scope__path", "scope__path"))
    )
    return [path for code, path in sorted(found, key=lambda one: (codes.index(one[0]), one[1]))]


class EmployerUnion(ScopedModel):
    """Which union an employer's workers belong to; many to many, from a day until a day."""

    seen_with = Permission.EMPLOYER_VIEW
    scope_via = "organisation__scope"

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="unions")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="employers")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["employer", "organisation"], condition=Q(until_on=None), name="employer_union_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "employer"], name="employer_union_of")]


class OrganisingAttempt(FailClosedModel):
    """What was tried with an employer that has no union."""

    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="attempts")
    on = models.DateField("日期")
    outcome = models.CharField("结果", max_length=20)
    note = models.CharField("情况", max_length=300, blank=True)
    next_on = models.DateField("下次跟进", null=True, blank=True)
    user_id = models.BigIntegerField(null=True)
    user_name = models.CharField(max_length=50)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["employer", "-on"], name="attempt_of_employer")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(employer__in=Employer.objects.visible_to(actor).values("pk"))


class StaffMember(ScopedModel):
    """A professional union worker (社会化职业化工会工作者): hired, not elected."""

    seen_with = Permission.STAFF_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="staff")
    name = models.CharField("姓名", max_length=50)
    name_key = models.TextField(db_collation="C")
    sex = models.CharField("性别", max_length=1)
    born_on = models.DateField("出生日期", null=True, blank=True)
    education = models.CharField("学历", max_length=20, blank=True)
    phone = EncryptedTextField("手机")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    contract = models.CharField("合同类型", max_length=20)
    contract_from_on = models.DateField("合同开始")
    contract_until_on = models.DateField("合同到期", null=True, blank=True)
    funding = models.CharField("经费来源", max_length=20)
    pay_grade = models.CharField("薪级", max_length=20, blank=True)
    left_on = models.DateField("离职日期", null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation", "name_key"], name="staff_of_organisation"),
            models.Index(fields=["contract_until_on"], condition=Q(left_on=None), name="staff_contract_due"),
        ]


class StaffTraining(ScopedModel):
    seen_with = Permission.STAFF_VIEW
    scope_via = "staff_member__organisation__scope"

    staff_member = models.ForeignKey(StaffMember, on_delete=models.PROTECT, related_name="trainings")
    title = models.CharField("培训内容", max_length=100)
    on = models.DateField("日期")
    hours = models.PositiveSmallIntegerField("学时")


class DutyShift(ScopedModel):
    """One line of the duty roster (值班表)."""

    seen_with = Permission.DUTY_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_at = models.DateTimeField("开始")
    until_at = models.DateTimeField("结束")
    part = models.CharField("班次", max_length=10, default="ON_DUTY")
    note = models.CharField("说明", max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="shift_span")]
        indexes: ClassVar = [models.Index(fields=["organisation", "from_at"], name="shift_of_organisation")]


class StandIn(ScopedModel):
    """Who answers for an absent officer, from a day until a day."""

    seen_with = Permission.DUTY_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="stand_ins")
    absent = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField("开始")
    until_on = models.DateField("结束")
    reason = models.CharField("原因", max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until_on__gt=F("from_on")), name="stand_in_span"),
            models.CheckConstraint(condition=~Q(absent=F("stand_in")), name="stand_in_other"),
        ]


class Zone(ScopedModel):
    """A patch of ground (片区) with its own staff, under a township."""

    seen_with = Permission.ZONE_VIEW
    scope_via = "organisation__scope"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="zones")
    name = models.CharField("名称", max_length=60)
    bounds = models.CharField("范围", max_length=200, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "name"], name="zone_name_once")]

    def __str__(self) -> str:
        return self.name


class ZoneStaff(ScopedModel):
    seen_with = Permission.ZONE_VIEW
    scope_via = "zone__organisation__scope"

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="staff")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["zone", "user"], condition=Q(until_on=None), name="zone_staff_once")
        ]


class ZoneEmployer(ScopedModel):
    seen_with = Permission.ZONE_VIEW
    scope_via = "zone__organisation__scope"

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="employers")
    employer = models.ForeignKey(Employer, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["employer"], condition=Q(until_on=None), name="zone_employer_once")
        ]
        indexes: ClassVar = [models.Index(fields=["zone"], name="zone_employer_of")]
