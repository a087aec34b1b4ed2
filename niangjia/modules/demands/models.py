"""What a worker or an employer asks for. Stage, lead and clock stand in the case with the same id.

Kinds, natures and the like are codes of `rules.py` and of the catalogue; sums are whole fen.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from niangjia.engines.casework.models import Case, seen, seen_alone
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope, User
from niangjia.kernel.access.scoped import FailClosedModel, ScopedModel, ScopedQuerySet
from niangjia.kernel.crypto.fields import DigestField, EncryptedTextField
from niangjia.modules.demands.permissions import Permission
from niangjia.modules.demands.rules import abuse_in, decent


class CatalogueVersion(models.Model):
    """诉求目录 as it was published. One draft at most; codes of kinds are for ever."""

    number = models.PositiveIntegerField(unique=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=50, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(models.Value(1), condition=Q(published_at=None), name="catalogue_one_draft")
        ]


class Kind(models.Model):
    """One line of the catalogue; '01' is a group, '0103' a kind in it."""

    version = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="kinds")
    code = models.CharField(max_length=4)
    name = models.CharField(max_length=40)
    urgency = models.PositiveSmallIntegerField(default=1)
    limits = models.JSONField(default=dict)  # what differs from the table of limits: {"answer": [3, "working_days"]}
    job = models.CharField(max_length=40, blank=True)  # which job answers for it
    needs = models.JSONField(default=list)  # codes of the facts that must be asked (rules.Fact)
    answers = models.JSONField(default=list)  # ready answers: [{"title", "text"}]
    hint = models.CharField(max_length=300, blank=True)  # for whoever takes it down
    words = models.JSONField(default=list)  # that mark it in what people say
    is_used = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "code"], name="kind_code_once")]


class Demand(ScopedModel):
    """诉求. The asker is named by hand; a link to a person or an employer makes nobody a member."""

    seen_with = Permission.DEMAND_VIEW
    scope_via = "case__scope"

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="+")
    nature = models.PositiveSmallIntegerField()  # rules.Nature
    kind = models.CharField(max_length=4)  # code of the catalogue; '' not yet known
    channel = models.PositiveSmallIntegerField()  # rules.Channel
    body = models.TextField()
    words = ArrayField(models.CharField(max_length=2), default=list)  # pairs of characters, for the search

    party = models.PositiveSmallIntegerField(default=1)  # rules.Party: a worker, or an employer
    asker_name = EncryptedTextField(null=True)
    asker_name_digest = DigestField(of="asker_name")
    asker_phone = EncryptedTextField(null=True)
    asker_phone_digest = DigestField(of="asker_phone")
    asker_phone_tail = models.CharField(max_length=4, blank=True)  # the last four digits, for the search
    asker_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # account on the phone
    person = models.ForeignKey("members.Person", on_delete=models.PROTECT, null=True, related_name="+")
    asker_employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, null=True, related_name="+")
    is_anonymous = models.BooleanField(default=False)
    is_asker_dead = models.BooleanField(default=False)  # the family goes on with it, or it ends
    tells_own_union = models.BooleanField(default=False)  # the asker agrees that the own union knows

    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, null=True, related_name="+")
    employer_name = models.CharField(max_length=100, blank=True)  # as it was said
    division = models.ForeignKey("organisations.Division", on_delete=models.PROTECT, null=True, related_name="+")
    zone = models.ForeignKey("organisations.Zone", on_delete=models.PROTECT, null=True, related_name="+")
    accused_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")  # never sees it
    place = models.CharField(max_length=200, blank=True)
    happened_on = models.DateField(null=True)
    people = models.PositiveIntegerField(default=1)  # persons concerned
    claimed_fen = models.BigIntegerField(null=True)
    recovered_fen = models.BigIntegerField(null=True)
    recording = models.CharField(max_length=300, blank=True)  # where the telephone system keeps it
    paper_number = models.CharField(max_length=40, blank=True)  # on the letter, or in the sheet it came in
    how_closed = models.CharField(max_length=20, blank=True)  # rules.HowClosed
    is_closed_at_once = models.BooleanField(default=False)  # explained in the call or on the spot
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    routed_because = models.CharField(max_length=200, blank=True)  # why it lies where it lies
    suggested = models.JSONField(default=dict)  # the kind that the words suggested, and which words

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["asker_phone_digest", "-case"], name="demand_of_phone"),
            models.Index(fields=["asker_name_digest"], name="demand_of_name"),
            models.Index(fields=["asker_phone_tail"], condition=~Q(asker_phone_tail=""), name="demand_of_tail"),
            models.Index(fields=["asker_user", "-case"], name="demand_of_account"),
            models.Index(fields=["person"], name="demand_of_person"),
            models.Index(fields=["employer", "-case"], name="demand_of_employer"),
            models.Index(fields=["kind", "case"], name="demand_of_kind"),
            models.Index(fields=["nature", "case"], name="demand_of_nature"),
            models.Index(fields=["channel", "case"], name="demand_of_channel"),
            models.Index(fields=["how_closed", "case"], condition=~Q(how_closed=""), name="demand_how_closed"),
            GinIndex(fields=["words"], name="demand_words"),
        ]

    @property
    def decent_body(self) -> str:
        """With the words of abuse behind asterisks; titles are kept like that."""
        return decent(self.body)

    @property
    def has_abuse(self) -> bool:
        return bool(abuse_in(self.body))

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return seen(rows, actor, via="case__")

    @classmethod
    def visible_row(cls, row: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return seen_alone(row, actor, via="case__")


class DemandPart(FailClosedModel):
    """What belongs to one demand and is seen with it."""

    class Meta:
        abstract = True

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        return rows.filter(demand__in=Demand.objects.visible_to(actor).values("pk"))

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:
        return rows.filter(demand__in=Demand.narrowed(Demand.objects.unscoped(reason="narrowing rows in sight"), paths))


class ConcernedPerson(DemandPart):
    """涉及人员: one of the people whose matter this is too, with the sums."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="concerned")
    name = EncryptedTextField()
    phone = EncryptedTextField(null=True)
    claimed_fen = models.BigIntegerField(null=True)
    recovered_fen = models.BigIntegerField(null=True)


class Attachment(DemandPart):
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="attachments")
    file_id = models.BigIntegerField()
    name = models.CharField(max_length=150)
    by_asker = models.BooleanField(default=False)
    at = models.DateTimeField()


class Letter(DemandPart):
    """A paper that left the house: 受理告知 转办函 督办单 …, with its number."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=20)  # rules.LetterKind
    number = models.CharField(max_length=40, unique=True)
    to = models.CharField(max_length=100)
    body = models.TextField()
    due_on = models.DateField(null=True)
    made_by_name = models.CharField(max_length=50)
    at = models.DateTimeField()


class AskerLink(models.Model):
    """A link by which the asker follows the demand without an account; opens only with a code sent to the phone."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="+")
    token_digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class AskerConsent(DemandPart):
    """Which wording of `privacy.py` the asker agreed to when the demand was sent from the phone."""

    demand = models.OneToOneField(Demand, on_delete=models.PROTECT, primary_key=True, related_name="+")
    version = models.PositiveSmallIntegerField()
    given_at = models.DateTimeField()


class Knock(FailClosedModel):
    """Somebody sent a demand without an account: how often from one network, forgotten after a day."""

    address_digest = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address_digest", "-at"], name="knock_of_address")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:  # noqa: ARG003
        return rows.none()

    @classmethod
    def narrowed(cls, rows: ScopedQuerySet[Any], paths: tuple[str, ...]) -> ScopedQuerySet[Any]:  # noqa: ARG003
        return rows.none()


class Nuisance(ScopedModel):
    """A telephone number that was marked; calls are still answered, the mark is only shown."""

    seen_with = Permission.HOTLINE_ANSWER

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    phone = EncryptedTextField()
    phone_digest = DigestField(of="phone")
    reason = models.CharField(max_length=200)
    marked_by_name = models.CharField(max_length=50)
    marked_at = models.DateTimeField()
    until_on = models.DateField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["phone_digest"], name="nuisance_phone")]


class Call(ScopedModel):
    """A call at the hotline, whatever came of it."""

    seen_with = Permission.HOTLINE_ANSWER

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    phone = EncryptedTextField(null=True)
    phone_digest = DigestField(of="phone")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)  # rules.CallOutcome
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    call_back_at = models.DateTimeField(null=True)  # promised: rings back in the call-back list
    called_back_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)  # promised call-backs that reached nobody
    recording = models.CharField(max_length=300, blank=True)  # where the telephone system keeps it

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["phone_digest", "-id"], name="call_of_phone"),
            models.Index(fields=["operator", "-began_at"], name="call_of_operator"),
            models.Index(fields=["began_at", "id"], name="call_newest"),
            models.Index(fields=["scope", "-id"], name="call_of_scope"),
            models.Index(
                fields=["scope", "call_back_at"],
                condition=Q(call_back_at__isnull=False, called_back_at=None),
                name="call_to_return",
            ),
        ]


class Responsibility(ScopedModel):
    """A line of the map 责任分工: who answers for a kind, a zone or an employer, under the scope whose map it is.

    Empty means any. The line that says most wins; among equals the newest.
    """

    seen_with = Permission.DEMAND_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=4, blank=True)  # '' any, '01' a group, '0103' a kind
    division = models.ForeignKey("organisations.Division", on_delete=models.PROTECT, null=True, related_name="+")
    zone = models.ForeignKey("organisations.Zone", on_delete=models.PROTECT, null=True, related_name="+")
    employer = models.ForeignKey("organisations.Employer", on_delete=models.PROTECT, null=True, related_name="+")
    to_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    job = models.CharField(max_length=40, blank=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    is_fallback = models.BooleanField(default=False)  # 兜底: nothing is nobody's
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["scope", "kind"], condition=Q(ended_at=None), name="responsibility_of_scope")
        ]


class MapProposal(ScopedModel):
    """A hand-back says that the map is wrong here; whoever keeps the map takes it up or leaves it."""

    seen_with = Permission.RESPONSIBILITY_EDIT

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=4, blank=True)
    was_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    to_scope = models.ForeignKey(Scope, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    by_name = models.CharField(max_length=50)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=50, blank=True)
    is_taken_up = models.BooleanField(null=True)
    answer = models.CharField(max_length=300, blank=True)  # why it was left


class EmergencyRule(ScopedModel):
    """A plain rule that makes a demand an emergency: any of the words, or so many people. Always wins."""

    seen_with = Permission.DEMAND_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")  # holds at and under it
    name = models.CharField(max_length=40)
    words = models.JSONField(default=list)
    not_words = models.JSONField(default=list)  # with one of these beside it, it is none: “未停工”
    people = models.PositiveIntegerField(null=True)  # at least
    urgency = models.PositiveSmallIntegerField(default=4)
    is_major = models.BooleanField(default=True)
    is_used = models.BooleanField(default=True)


class Alert(ScopedModel):
    """An emergency that rings at the desk of whoever is on duty until somebody takes it."""

    seen_with = Permission.ALERT_ACKNOWLEDGE

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=200)  # the rule and what fired it
    raised_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)  # when the next message is due; null: acknowledged
    rank = models.PositiveSmallIntegerField(default=0)  # which one of the roster is rung now
    told = models.JSONField(default=list)  # [[user id, name, why that one, first at, last at, how often]]
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["demand"], condition=Q(acknowledged_at=None), name="alert_one_open")
        ]
        indexes: ClassVar = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="alert_ringing")]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """Its words tell what the demand is about, so whoever may not see that one doesn't see this either."""
        here = super().visible_rows(rows, actor)
        return here.filter(demand__in=Demand.objects.visible_to(actor).values("pk"))


class UrgentReport(DemandPart):
    """紧急信息: written to the leaders and the union above, and followed up."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="urgent_reports")
    number = models.CharField(max_length=40, unique=True)
    text = models.TextField()
    to = models.JSONField(default=list)  # [user id, name, what they are]
    made_by_name = models.CharField(max_length=50)
    at = models.DateTimeField()


class AskerMessage(ScopedModel):
    """What an asker is told at a step; the text is the organisation's own, else the default of `rules.py`."""

    seen_with = Permission.CATALOGUE_EDIT

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=20)
    text = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["scope", "step"], name="asker_message_once")]


class HotSpot(ScopedModel):
    """热点: demands of different people about the same matter at the same place.

    What it is about and how many they are is counted from the demands that the reader may see, never kept here:
    a confidential demand, or one kept from a place, would show through a number.
    """

    seen_with = Permission.DEMAND_VIEW

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="+")  # the lowest place that covers all
    state = models.PositiveSmallIntegerField()  # hotspots.states.State
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True)  # the rule of bursts fired
    warned = models.JSONField(default=list)  # [[user id, name, people he was told of]]
    taken_at = models.DateTimeField(null=True)  # somebody looks into it: nothing rings any more
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")  # the joint one
    ended_because = models.CharField(max_length=200, blank=True)  # why it is none, or how it ended
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["last_at"], condition=Q(ended_at=None), name="hot_spot_live"),
            models.Index(fields=["scope", "last_at"], name="hot_spot_of_scope"),
        ]

    @classmethod
    def visible_rows(cls, rows: ScopedQuerySet[Any], actor: Actor) -> ScopedQuerySet[Any]:
        """Wherever it lies: it is there for whoever sees a demand of it. How many are enough, the query says."""
        seen_ones = DemandTrace.objects.visible_to(actor).filter(spot__isnull=False)
        return rows.filter(pk__in=seen_ones.values("spot"))


class DemandTrace(DemandPart):
    """What the search for hot spots keeps of a demand: its words, its places, and who asked as a key that says no more.

    Written with the demand and filled in within a minute: taking down waits for nothing.
    """

    demand = models.OneToOneField(Demand, on_delete=models.CASCADE, primary_key=True, related_name="trace")
    spot = models.ForeignKey(HotSpot, on_delete=models.SET_NULL, null=True, related_name="traces")
    at = models.DateTimeField()  # when it was received
    read_at = models.DateTimeField(null=True)  # null: still to be read
    asker = models.CharField(max_length=72, blank=True)
    words = ArrayField(models.CharField(max_length=20), default=list)
    places = ArrayField(models.CharField(max_length=110), default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["demand"], condition=Q(read_at=None), name="trace_unread"),
            models.Index(fields=["at"], name="trace_at"),
        ]


class BurstRule(ScopedModel):
    """From how many different people on a hot spot is told, at a place and under it; the nearest one counts."""

    seen_with = Permission.DEMAND_VIEW

    scope = models.OneToOneField(Scope, on_delete=models.PROTECT, related_name="+")
    people_a_day = models.PositiveSmallIntegerField()
    people_a_week = models.PositiveSmallIntegerField()


import niangjia.modules.demands.triage.models  # noqa: E402, F401 - Django finds a room's tables by its models.py
