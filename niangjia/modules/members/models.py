"""People and their memberships.

A person is one identity; a membership is that person in one union. The membership row carries
what lists sort, filter and search by, kept equal to the person by the one action that renames:
a page of a city's 3.6 million must come off one index (`docs/measured.md`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Substr

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import FailClosedModel, ScopedModel, ScopedQuerySet
from niangjia.kernel.crypto.fields import DigestField, EncryptedTextField
from niangjia.modules.members.permissions import Permission

ACTIVE_STATES = (1, 2)
"""正常 and 保留, as in `rules.MembershipState`: of these a person has at most one."""


class Person(FailClosedModel):
    """One human being, known by one identity document. Seen through the memberships in sight."""

    name = models.CharField("姓名", max_length=50)
    document_kind = models.CharField("证件类型", max_length=30)
    document_number = EncryptedTextField("证件号码")
    document_digest = DigestField(of="document_number", unique=True)
    sex = models.CharField("性别", max_length=1)
    born_on = models.DateField("出生日期", null=True, blank=True)
    ethnicity = models.CharField("民族", max_length=2, blank=True)
    political_status = models.CharField("政治面貌", max_length=2, blank=True)
    education = models.CharField("学历", max_length=2, blank=True)
    skill_grade = models.CharField("技术等级", max_length=2, blank=True)
    native_place = models.CharField("籍贯", max_length=60, blank=True)
    household_kind = models.CharField("户籍类型", max_length=2, blank=True)
    household_place = models.CharField("户籍所在地", max_length=60, blank=True)
    is_migrant = models.BooleanField("农民工", null=True, blank=True)
    marital_status = models.CharField("婚姻状况", max_length=2, blank=True)
    phone = EncryptedTextField("移动电话")
    phone_digest = DigestField(of="phone", db_index=True)
    bank_name = models.CharField("开户银行", max_length=60, blank=True)
    bank_card = EncryptedTextField("银行卡号")
    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Registered twice: the memberships are the other's, this one only keeps its document number from a third entry.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(name=""), name="person_named")]
        indexes: ClassVar = [
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="person_merged_into")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return cls.narrowed(rows, actor.paths(Permission.MEMBER_VIEW))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        if not paths:
            return rows.none()
        under = Membership.objects.unscoped(reason="the memberships under the paths").filter(
            scope__in=Scope.objects.filter(path__under_any=list(paths)).values("id")
        )
        return rows.filter(pk__in=under.values("person_id"))

    def may_change(self, actor: Actor, permission: str) -> str | None:
        """The place whose right covers this person: where the active membership is, else any former one.

        The union that somebody has left sees its own old membership, but changes and reveals no more.
        """
        places = list(
            Membership.objects.unscoped(reason="places of one person")
            .filter(person=self)
            .order_by("status", "-joined_on")
            .values_list("status", "scope__path")
        )
        active = [path for status, path in places if status in ACTIVE_STATES]
        return next((path for path in active or [p for _, p in places] if actor.may(permission, path)), None)


class Platform(models.Model):
    """A platform that gives out work (外卖、快递、网约车…). Public dictionary."""

    name = models.CharField("名称", max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class DeliverySite(models.Model):
    """A couriers' or riders' site (站点), apart from the platform; its firm may be a known employer."""

    name = models.CharField("名称", max_length=60)
    division = models.ForeignKey(
        "organisations.Division", on_delete=models.PROTECT, null=True, blank=True, verbose_name="所在镇街",
        related_name="+",
    )  # fmt: skip
    employer = models.ForeignKey(
        "organisations.Employer", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "division"], name="delivery_site_once")]

    def __str__(self) -> str:
        return self.name


def after_the_dot() -> Func:
    return Func(F("name"), Value("·"), Value(2), function="split_part", output_field=models.TextField())


class Membership(ScopedModel):
    """A person in a union, from joining to leaving; at most one active a person."""

    seen_with = Permission.MEMBER_VIEW

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    scope = models.ForeignKey(
        Scope, on_delete=models.PROTECT, verbose_name="所在工会", related_name="+", db_index=False
    )
    status = models.SmallIntegerField("会籍状态")
    categories = ArrayField(models.SmallIntegerField(), default=list, blank=True, verbose_name="所属群体")
    joined_on = models.DateField("入会日期")
    ended_on = models.DateField("会籍终止日期", null=True, blank=True)
    employer = models.ForeignKey(
        "organisations.Employer", on_delete=models.PROTECT, null=True, blank=True, verbose_name="用人单位",
        related_name="+", db_index=False,
    )  # fmt: skip
    employment_status = models.CharField("就业状况", max_length=2, blank=True)
    post = models.CharField("岗位", max_length=40, blank=True)
    platform = models.ForeignKey(
        Platform, on_delete=models.PROTECT, null=True, blank=True, verbose_name="平台", related_name="+", db_index=False
    )
    delivery_site = models.ForeignKey(
        DeliverySite, on_delete=models.PROTECT, null=True, blank=True, verbose_name="配送站点", related_name="+",
        db_index=False,
    )  # fmt: skip
    # The person's, for lists:
    name = models.TextField()
    name_key = models.TextField(db_collation="C")
    initials = models.TextField(db_collation="C")
    phone_tail = models.CharField(max_length=4, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(status__in=ACTIVE_STATES), name="membership_one_active"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("joined_on")), name="membership_span"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ACTIVE_STATES, ended_on=None)
                | (~Q(status__in=ACTIVE_STATES) & Q(ended_on__isnull=False)),
                name="membership_ended_when_inactive",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["scope", "name_key", "id"],
                include=["status", "categories", "joined_on"],
                name="membership_scope_name",
            ),
            models.Index(
                fields=["name_key", "id"],
                include=["scope", "status", "categories", "joined_on"],
                name="membership_name_key",
            ),
            # A county has a few hundred 保留 among its hundred thousands: without this all entries would be read.
            models.Index(
                fields=["scope", "name_key", "id"],
                include=["status", "categories", "joined_on"],
                condition=Q(status=2),
                name="membership_kept",
            ),
            models.Index(fields=["joined_on"], name="membership_joined_on"),
            models.Index(fields=["person"], name="membership_person"),
            models.Index(OpClass("name", name="text_pattern_ops"), name="membership_name_1"),
            models.Index(OpClass(Substr("name", 2), name="text_pattern_ops"), name="membership_name_2"),
            models.Index(OpClass(Substr("name", 3), name="text_pattern_ops"), name="membership_name_3"),
            # 艾力·库尔班: the second part of a name begins too late for the indexes above.
            models.Index(
                OpClass(after_the_dot(), name="text_pattern_ops"),
                condition=Q(name__contains="·"),
                name="membership_name_dot",
            ),
            models.Index(OpClass("initials", name="text_pattern_ops"), name="membership_initials"),
            models.Index(fields=["phone_tail", "scope"], name="membership_phone_tail"),
            models.Index(fields=["employer"], condition=Q(employer__isnull=False), name="membership_employer"),
            # A page of one group walks a fifth of all names this way.
            models.Index(
                fields=["name_key", "id"],
                include=["scope", "status", "categories", "joined_on"],
                condition=~Q(categories=[]),
                name="membership_tagged",
            ),
            # For tags that few have; most people have none, and an array without any would be in the index too.
            GinIndex(fields=["categories"], condition=~Q(categories=[]), name="membership_categories"),
        ]


class MembershipChange(ScopedModel):
    """What became of a membership: joined, transferred, retained, restored, ended."""

    seen_with = Permission.MEMBER_VIEW
    scope_via = "membership__scope"

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField("会籍变化类型", max_length=20)
    on = models.DateField("会籍变化日期")
    reason = models.CharField("会籍变化原因", max_length=200, blank=True)
    from_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    to_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    actor_name = models.CharField(max_length=50)
    at = models.DateTimeField()


class MemberTally(models.Model):
    """How many memberships a scope itself has, by state and category (0: whatever category).

    Written in the transaction of the fact, so it equals the rows; summed by path, so moving a
    union touches no tally.
    """

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+", db_index=False)
    status = models.SmallIntegerField()
    category = models.SmallIntegerField()
    n = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "status", "category"], include=["n"], name="member_tally_once"),
            models.CheckConstraint(condition=Q(n__gte=0), name="member_tally_not_negative"),
        ]


class MemberFlow(models.Model):
    """By how many the active members of a scope changed on a day: yesterday's figure is today's less the flow since."""

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()
    n = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "on"], include=["n"], name="member_flow_once")
        ]
        indexes: ClassVar = [models.Index(fields=["on"], include=["scope", "n"], name="member_flow_day")]


class JoiningCode(ScopedModel):
    """What a union's poster says in its QR code; without a way back, so that a lost one can be retired."""

    seen_with = Permission.MEMBERSHIP_CHANGE

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, verbose_name="所属工会", related_name="+")
    token = models.CharField(max_length=24, unique=True)
    spot = models.CharField("张贴处", max_length=60, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.spot or self.token


class OwnRow(FailClosedModel):
    """Belongs to one worker and to nobody's place: no officer sees it by any right."""

    class Meta:
        abstract = True

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:  # noqa: ARG003
        return rows.none()

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:  # noqa: ARG003
        return rows.none()


class PhoneCode(OwnRow):
    """A code that was sent to a phone. Neither the phone nor the code is kept, only their digests."""

    purpose = models.CharField(max_length=10)
    phone_digest = models.BinaryField(max_length=32)
    code_digest = models.BinaryField(max_length=32)
    address_digest = models.BinaryField(max_length=32)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["phone_digest", "-sent_at"], name="phone_code_phone"),
            models.Index(fields=["address_digest", "-sent_at"], name="phone_code_address"),
        ]


class Consent(OwnRow):
    """What a worker agreed to, by which wording (`privacy.py` keeps every version), and until when."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "purpose"], condition=Q(withdrawn_at=None), name="consent_once_open"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")), name="consent_span"
            ),
        ]


class JoiningApplication(ScopedModel):
    """A worker asks a union to be taken in; its committee's organiser accepts, returns or refuses."""

    seen_with = Permission.MEMBERSHIP_CHANGE

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, verbose_name="申请加入的工会", related_name="+")
    ground = models.CharField("推荐依据", max_length=20)
    code = models.ForeignKey(JoiningCode, on_delete=models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("姓名", max_length=50)
    document_kind = models.CharField("证件类型", max_length=30)
    document_number = EncryptedTextField("证件号码")
    document_digest = DigestField(of="document_number", db_index=True)
    sex = models.CharField("性别", max_length=1)
    born_on = models.DateField("出生日期", null=True, blank=True)
    phone = EncryptedTextField("移动电话")
    phone_digest = DigestField(of="phone", db_index=True)
    employer = models.ForeignKey(
        "organisations.Employer", on_delete=models.PROTECT, null=True, blank=True, verbose_name="用人单位",
        related_name="+",
    )  # fmt: skip
    employer_text = models.CharField("自填的用人单位", max_length=100, blank=True)
    categories = ArrayField(models.SmallIntegerField(), default=list, blank=True, verbose_name="所属群体")
    platform = models.ForeignKey(
        Platform, on_delete=models.PROTECT, null=True, blank=True, verbose_name="平台", related_name="+"
    )
    division = models.ForeignKey(
        "organisations.Division", on_delete=models.PROTECT, null=True, blank=True, verbose_name="工作或居住的镇街",
        related_name="+",
    )  # fmt: skip
    identity_answer = models.CharField("身份核验", max_length=20, blank=True)
    identity_checked_at = models.DateTimeField(null=True)
    state = models.CharField("状态", max_length=10)
    reason = models.CharField("退回或不予受理的原因", max_length=200, blank=True)
    received_at = models.DateTimeField("提交时间")
    decided_at = models.DateTimeField("办理时间", null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            # Two tabs make one application.
            models.UniqueConstraint(
                fields=["user"], condition=Q(state__in=["RECEIVED", "RETURNED"]), name="application_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(state="ACCEPTED") | Q(membership__isnull=False), name="application_accepted_into"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["scope", "state", "-received_at"], name="application_of_union"),
            models.Index(fields=["state", "-received_at"], name="application_state"),
        ]

    def __str__(self) -> str:
        return self.name


class MembershipRequest(ScopedModel):
    """What a member asks of the own union: to move, to leave, to keep or resume the membership, to put a fact right."""

    seen_with = Permission.MEMBERSHIP_CHANGE
    scope_via = "membership__scope"

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="requests")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField("事项", max_length=12)
    to_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField("说明", max_length=300, blank=True)
    state = models.CharField("状态", max_length=10)
    reason = models.CharField("答复", max_length=200, blank=True)
    received_at = models.DateTimeField("提交时间")
    decided_at = models.DateTimeField("办理时间", null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["membership", "kind"], condition=Q(state="RECEIVED"), name="request_one_open"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-received_at"], name="request_state")]


class MembershipProof(ScopedModel):
    """A paper that says somebody is a member of a union; who reads it asks by its code whether that still holds."""

    seen_with = Permission.MEMBER_VIEW
    scope_via = "membership__scope"

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    union = models.ForeignKey(Scope, on_delete=models.PROTECT, verbose_name="出具时所在工会", related_name="+")
    code = models.CharField("核验码", max_length=24, unique=True)
    issued_at = models.DateTimeField("出具时间")
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    @property
    def number(self) -> str:
        return f"{self.issued_at:%Y}-{self.pk:06}"


class DuplicatePair(FailClosedModel):
    """Two people who may be one, until an officer says which it is. Seen by whoever sees both."""

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    why = models.CharField("相同之处", max_length=10)
    state = models.CharField("状态", max_length=10)
    found_on = models.DateField("发现日期")
    decided_by = models.CharField(max_length=50, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="duplicate_pair_ordered"),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="duplicate_pair_state")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return cls.narrowed(rows, actor.paths(Permission.MEMBER_VIEW))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        if not paths:
            return rows.none()
        for side in ("first", "second"):
            here = Membership.objects.unscoped(reason="whether both are in sight").filter(
                Q(person=OuterRef(side)) | Q(person=OuterRef(f"{side}__merged_into")),
                scope__in=Scope.objects.filter(path__under_any=list(paths)).values("id"),
            )
            rows = rows.filter(Exists(here))
        return rows

    def may_change(self, actor: Actor, permission: str) -> str | None:
        """The place of the first, if the right covers both."""
        people = [person.merged_into or person for person in (self.first, self.second)]
        places = [person.may_change(actor, permission) for person in people]
        return places[0] if all(places) else None


class PersonMerge(FailClosedModel):
    """What a merge did, for taking it back. Encrypted values stand in `facts` as they are sealed in their column.

    `facts`: field → [before, after] of who was kept. `memberships`: what each that went over was before.
    """

    pair = models.ForeignKey(DuplicatePair, on_delete=models.CASCADE, related_name="+")
    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    gone = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField()
    memberships = models.JSONField()
    account = models.BooleanField(default=False)  # the account of who went went over as well
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(pair__in=DuplicatePair.objects.visible_to(actor).values("pk"))
