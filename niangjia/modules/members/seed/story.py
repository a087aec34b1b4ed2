"""What lately happened in the demonstration: posters hang, people ask to join, two were registered twice, rosters came in.

All of it by the actions that do it in life. Those who are taken in are the last of the plan's own members, who for
this are not copied with the others: so the register has exactly as many as the plan says.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from niangjia.engines.imports import actions as imports
from niangjia.engines.imports import checking, committing
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.access.workers import worker_account
from niangjia.kernel.notify.models import Dispatch
from niangjia.kernel.numbers import identity_check_character
from niangjia.kernel.synthetic import MAN, Trade, births, identity_number
from niangjia.modules.members.actions import MembershipFacts, PersonFacts, admit_member, find_duplicates
from niangjia.modules.members.actions.applying import ApplicationFacts, submit_application
from niangjia.modules.members.actions.consents import give_consents
from niangjia.modules.members.actions.deciding import accept_application, refuse_application, return_application
from niangjia.modules.members.actions.identity import check_identity_of
from niangjia.modules.members.actions.joining_codes import add_joining_code
from niangjia.modules.members.actions.requests import ask, prove_membership
from niangjia.modules.members.models import JoiningCode, Membership, Person, Platform
from niangjia.modules.members.privacy import Purpose
from niangjia.modules.members.rules import Category, Document, Education, Ground, MembershipState, RequestKind, Sex
from niangjia.modules.members.synthetic import Block, Invented, people_of
from niangjia.modules.organisations.seed import PRIMARY, TOWNSHIP, number_to_id, representatives
from niangjia.modules.organisations.synthetic import Plan, PlannedOrganisation

SPOTS = (
    (Trade.COURIERS, Category.COURIER, "望春快递驿站"),
    (Trade.RIDERS, Category.FOOD_RIDER, "万达广场骑手驿站"),
    (Trade.TRUCKS, Category.TRUCK_DRIVER, "货车司机之家"),
)
FEDERATION = "工会联合会"
ORGANISER, CLERK = "zujian", "jingban"
HERE = 3
"""Beside the three unions with posters: the union of the demonstration's own firm."""

WAITS, ACCEPTED, RETURNED, REFUSED = "waits", "accepted", "returned", "refused"
APPLICATIONS = (
    (0, 9, ACCEPTED, ""),
    (1, 8, ACCEPTED, ""),
    (2, 8, REFUSED, "您在外地的会籍还没有转出，请先在原工会办理转接"),
    (0, 7, RETURNED, "请写明您所在的快递网点"),
    (1, 6, WAITS, ""),
    (0, 5, WAITS, ""),
    (HERE, 4, WAITS, ""),
    (2, 3, RETURNED, "姓名与身份证上的不一致，请核对后再提交"),
    (1, 2, WAITS, ""),
    (0, 1, WAITS, ""),
    (HERE, 1, WAITS, ""),
    (2, 0, WAITS, ""),
    (1, 0, WAITS, ""),
)
"""Which of the unions, how many days ago, and what became of it, with the reason."""

ROWS_NEW, ROWS_KNOWN = 20, 7
HEADINGS = ("姓名", "身份证号", "手机号码", "学历", "工作岗位", "工会名称", "入会时间")
OVER_THE_LIMIT = 20
SPARE = 4_990_000  # beyond every scale


class Setting(NamedTuple):
    """Where it happens: numbers of the plan's unions."""

    posters: tuple[int, int, int]
    own: int
    beside: int

    @property
    def places(self) -> tuple[int, ...]:
        return (*self.posters, self.own)


def setting_of(plan: Plan) -> Setting:
    """The trades' federations where there are such, else the largest unions; and the firm whose clerk logs in."""
    seats = representatives(plan)
    own = plan.organisations[seats[PRIMARY] - number_to_id(0)]
    others = sorted((each for each in plan.organisations if each.number != own.number), key=lambda each: -each.members)
    posters: list[PlannedOrganisation] = []
    for trade, _, _ in SPOTS:
        federations = [each for each in others if each.trade is trade and each.name.endswith(FEDERATION)]
        posters.append(next(each for each in [*federations, *others] if each not in posters))
    beside = next(each for each in others if each not in posters and _within(each, seats[TOWNSHIP], plan))
    first, second, third = (each.number for each in posters)
    return Setting((first, second, third), own.number, beside.number)


def _within(each: PlannedOrganisation, township: int, plan: Plan) -> bool:
    while each.parent is not None:
        each = plan.organisations[each.parent]
        if number_to_id(each.number) == township:
            return True
    return False


def held_back(setting: Setting) -> Mapping[int, int]:
    """How many of each union's members come in by the story and not by COPY."""
    joining = [setting.places[place] for place, _, outcome, _ in APPLICATIONS if outcome == ACCEPTED]
    return Counter([*joining, setting.posters[2], setting.beside, *[setting.own] * ROWS_NEW])


class _People:
    """Those of the plan, with the ones held back; and others whom no number of the plan reaches."""

    def __init__(self, plan: Plan, setting: Setting, *, seed: int, today: date) -> None:
        self.plan, self.seed, self.today = plan, seed, today
        self.later = {union: self.of(union)[-count:] for union, count in held_back(setting).items()}
        self.beyond = max(each.first_former + each.former_members for each in plan.organisations)

    def of(self, union: int) -> list[Invented]:
        each = self.plan.organisations[union]
        return list(self._made(union, each.first_member, each.members, each))

    def strangers(self, union: int, count: int) -> list[Invented]:
        """In no union; of one trade, so that those of a new form name their group."""
        self.beyond, first = self.beyond + 4 * count, self.beyond
        made = self._made(-1 - union, first, 4 * count, self.plan.organisations[union])
        return list(islice((one for one in made if one.platform or not one.categories), count))

    def work_of(self, one: Invented, place: int, union: int) -> tuple[str, tuple[int, ...]]:
        """The firm or the group: an application says where one works, or as what."""
        firms = self.plan.organisations[union].employers
        if one.categories or not firms:
            return "", one.categories or (SPOTS[place][1],)
        return self.plan.employers[firms[0]].name, ()

    def _made(self, source: int, first: int, size: int, each: PlannedOrganisation) -> Iterator[Invented]:
        block = Block(source, first, size, each.trade, each.founded_on, each.home, each.place)
        return people_of(block, seed=self.seed, today=self.today)


def tell_story(plan: Plan, *, seed: int, today: date, now: datetime) -> None:
    """In the transaction that fills the register, after the officers."""
    setting = setting_of(plan)
    people = _People(plan, setting, seed=seed, today=today)
    organiser, clerk = _officer(ORGANISER, now), _officer(CLERK, now)
    codes = hang_posters(setting, organiser, now)
    apply_to_join(setting, people, codes, organiser, now)
    ask_for_changes(setting, now)
    register_twice(setting, people, organiser, now)
    bring_rosters(setting, people, clerk, now)
    # Nobody is sent a message of what happened before the demonstration began.
    Dispatch.objects.filter(sent_at=None).update(sent_at=now)


def _officer(username: str, now: datetime) -> Actor:
    return actor_of(User.objects.values_list("pk", flat=True).get(username=username), now=now)


def hang_posters(setting: Setting, actor: Actor, now: datetime) -> list[JoiningCode]:
    long_ago = now - timedelta(days=30)
    return [
        add_joining_code(number_to_id(union), spot=spot, actor=actor, now=long_ago)
        for union, (_, _, spot) in zip(setting.posters, SPOTS, strict=True)
    ]


def joining_link() -> tuple[str, str]:
    """For the terminal: the address on the first poster and where it hangs; empty when there is none."""
    code = JoiningCode.objects.unscoped(reason="the demonstration tells its link").filter(retired_at=None).first()
    return (reverse("worker:join", args=[code.token]), code.spot) if code else ("", "")


def spare_identity_number() -> str:
    """For whoever tries to join: one that is right, and that nobody has."""
    return identity_number(SPARE, MAN, births(timezone.localdate())[0])


def apply_to_join(setting: Setting, people: _People, codes: Sequence[JoiningCode], actor: Actor, now: datetime) -> None:
    decide: dict[str, Callable[[int, str, datetime], object]] = {
        ACCEPTED: lambda pk, _, at: accept_application(pk, actor=actor, now=at),
        RETURNED: lambda pk, reason, at: return_application(pk, reason=reason, actor=actor, now=at),
        REFUSED: lambda pk, reason, at: refuse_application(pk, reason=reason, actor=actor, now=at),
    }
    strangers = {place: iter(people.strangers(setting.places[place], len(APPLICATIONS))) for place in range(HERE + 1)}
    platforms = dict(Platform.objects.values_list("name", "pk"))
    for n, (place, days, outcome, reason) in enumerate(APPLICATIONS):
        union = setting.places[place]
        at = now - timedelta(days=days, minutes=37 * (n + 1))
        one = people.later[union].pop() if outcome == ACCEPTED else next(strangers[place])
        user = worker_account(one.phone, now=at)
        give_consents(user.pk, Purpose, now=at)
        firm, group = people.work_of(one, place, union)
        row = submit_application(
            user.pk,
            ApplicationFacts(
                one.name, one.identity_number, employer_text=firm, categories=group,
                platform=platforms.get(one.platform),
            ),
            union_id=number_to_id(union), ground=Ground.EMPLOYER if place == HERE else Ground.POSTER,
            code=None if place == HERE else codes[place], now=at,
        )  # fmt: skip
        check_identity_of(row.pk, now=at)
        if outcome in decide:
            decide[outcome](row.pk, reason, at + timedelta(hours=5))


def ask_for_changes(setting: Setting, now: datetime) -> None:
    """Each has proved on the phone to be the member, and asks the own union."""
    couriers, riders, _ = (number_to_id(union) for union in setting.posters)
    asked = (
        (riders, MembershipState.NORMAL, RequestKind.TRANSFER, "改做快递了，想转到快递行业的工会。", couriers),
        (couriers, MembershipState.NORMAL, RequestKind.LEAVE, "回老家工作，不再来了。", None),
        (number_to_id(setting.own), MembershipState.NORMAL, RequestKind.KEEP, "下个月退休。", None),
        (None, MembershipState.KEPT, RequestKind.RESUME, "又找到工作了。", None),
    )
    for n, (union, state, kind, note, to) in enumerate(asked):
        rows = Membership.objects.unscoped(reason="the demonstration's own members").filter(status=state)
        rows = rows.filter(scope=union) if union else rows
        row = rows.filter(person__user=None).exclude(phone_tail="").select_related("person").order_by("pk")[n]
        person, at = row.person, now - timedelta(days=4 - n, hours=2)
        user = worker_account(person.phone, now=at)
        prove_membership(user.pk, name=person.name, tail=person.document_number[-6:], now=at)
        ask(user.pk, kind, note=note, to_union=to, now=at)


def register_twice(setting: Setting, people: _People, actor: Actor, now: datetime) -> None:
    """Somebody joins a second union, and a digit of the document is copied wrongly."""
    for first, second in ((setting.posters[0], setting.posters[2]), (setting.own, setting.beside)):
        known = _known(first, 12)[-1]
        admit_member(
            organisation_id=number_to_id(second), person=_twin(known, people.later[second].pop()),
            membership=MembershipFacts(joined_on=timezone.localdate(now - timedelta(days=90))), actor=actor,
            now=now - timedelta(days=3),
        )  # fmt: skip
    find_duplicates(now=now)


def _known(union: int, count: int) -> list[Person]:
    rows = Membership.objects.unscoped(reason="the demonstration's own members")
    rows = rows.filter(scope=number_to_id(union), status=MembershipState.NORMAL).exclude(phone_tail="")
    return [row.person for row in rows.select_related("person").order_by("pk")[:count]]


def _twin(person: Person, spare: Invented) -> PersonFacts:
    """The same name and phone; the number is the spare one's but for birth date and sex."""
    number, last_bit = spare.identity_number, person.sex == Sex.MAN
    first_17 = f"{number[:6]}{person.born_on:%Y%m%d}{int(number[14:17]) // 2 * 2 + last_bit:03}"
    return PersonFacts(
        name=person.name, document_kind=Document.RESIDENT.value, phone=person.phone, education=person.education,
        document_number=first_17 + identity_check_character(first_17),
    )  # fmt: skip


Row = tuple[str, ...]


def bring_rosters(setting: Setting, people: _People, actor: Actor, now: datetime) -> None:
    """One that is in the register, with three rows sent back; one so long that a second person has to agree."""
    plan, day = people.plan, people.today - timedelta(days=40)
    own, beside = plan.organisations[setting.own], plan.organisations[setting.beside]
    new = [_row(one, own, day) for one in people.later[setting.own]]
    bad = _spoilt(_row(one, own, day) for one in people.strangers(setting.own, 3))
    rows = [*_promoted(own), *new, *bad]
    at = now - timedelta(days=2)
    committing.commit(_brought(f"{own.short_name}会员名册.csv", rows, actor, at), now=at)

    seat = representatives(plan)[TOWNSHIP]
    unions = [each for each in plan.organisations if each.pull and _within(each, seat, plan)]
    many = people.strangers(setting.own, settings.IMPORT_APPROVAL_ROWS + OVER_THE_LIMIT)
    long = [_row(one, unions[n % len(unions)], day) for n, one in enumerate(many)]
    bad = _spoilt(_row(one, beside, day) for one in people.strangers(setting.beside, 3))
    name = plan.organisations[seat - number_to_id(0)].short_name
    _brought(f"{name}集中入会名册.csv", [*_promoted(beside), *bad, *long], actor, now - timedelta(hours=3))


def _promoted(union: PlannedOrganisation) -> list[Row]:
    """Some who are known, with a degree and a post that the register doesn't know of."""
    return [
        (one.name, one.document_number, one.phone, Education.BACHELOR.label, "班组长", union.name, "")
        for one in _known(union.number, ROWS_KNOWN)
    ]


def _spoilt(rows: Iterable[Row]) -> list[Row]:
    """A digit copied wrongly, a number that a spreadsheet rounded, and a union that there isn't."""
    (name, number, *more), second, third = rows
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    return [(name, wrong, *more), (second[0], "3.30211E+17", *second[2:]), (*third[:5], f"{third[5]}分会", third[6])]


def _row(one: Invented, union: PlannedOrganisation, joined_on: date) -> Row:
    education = Education(one.education).label
    return one.name, one.identity_number, one.phone, education, one.post, union.name, f"{joined_on:%Y/%m/%d}"


def _brought(name: str, rows: Iterable[Row], actor: Actor, now: datetime) -> int:
    """Uploaded, checked, and sent to be written."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, *rows])
    (held,) = actor.held
    batch = imports.upload_batch(
        sheet="members.member", scope_id=int(held.path.rpartition(".")[2]), content=text.getvalue().encode("utf-8-sig"),
        name=name, actor=actor, now=now,
    )  # fmt: skip
    imports.match_columns(batch.pk, mapping=batch.mapping, actor=actor, now=now)
    checking.check(batch.pk, now=now)
    imports.commit_batch(batch.pk, actor=actor, now=now)
    return batch.pk
