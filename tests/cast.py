"""A small world for the tests that cross rooms: a city, two counties, two townships, and seven who log in.

    云山市总工会 ─┬─ 云岭县总工会 (county) ─┬─ 北山镇总工会 (north) ─┬─ 北山纺织厂工会 (north_union)
                 │                        │                      └─ its office
                 │                        ├─ 南湖街道总工会 (south) ── 南湖港务公司工会 (south_union)
                 │                        └─ its office
                 ├─ 青石县总工会 (other_county) ── its office
                 └─ its office

Six *corners* of it have one of every thing an address can point to. Every name, code and phone tail is used
once, so that it betrays itself on a page where it doesn't belong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any

from django.test import Client
from django.utils import timezone

from niangjia.engines.exports.models import ExportLayout
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.kernel.access.actor import Actor, Held
from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.files.actions import store
from niangjia.kernel.files.models import StoredFile
from niangjia.kernel.jobs.actions import begin_task, finish
from niangjia.kernel.jobs.models import BackgroundTask
from niangjia.kernel.lists.models import SavedView
from niangjia.kernel.ltree import is_under
from niangjia.kernel.notify.models import Message
from niangjia.modules.members.actions.joining_codes import add_joining_code
from niangjia.modules.members.models import JoiningApplication, JoiningCode, Membership, MembershipRequest
from niangjia.modules.members.rules import RequestKind
from niangjia.modules.members.testing import application, identity_number, member, request_of
from niangjia.modules.organisations.actions.duty import add_shift, add_stand_in
from niangjia.modules.organisations.actions.employers import add_employer, link_employer_to_union
from niangjia.modules.organisations.actions.organisations import add_organisation, plant_root
from niangjia.modules.organisations.actions.staff import add_staff_member, add_training
from niangjia.modules.organisations.actions.terms import appoint_post, start_term
from niangjia.modules.organisations.models import (
    Division,
    DutyShift,
    Employer,
    EmployerUnion,
    Organisation,
    Post,
    StaffMember,
    StaffTraining,
    StandIn,
    Term,
    Zone,
    ZoneEmployer,
    ZoneStaff,
)
from niangjia.modules.organisations.rules import ChosenBy, Contract, DutyPart, Funding, OrganisationKind, term_end
from niangjia.modules.organisations.rules import Post as PostKind
from tests.journal import Journal, journal_of
from tests.matters import Matters, matters_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
FOUNDED = date(2015, 5, 1)
JOINED = date(2024, 3, 1)
BORN = date(1990, 5, 17)
PASSWORD = "niangjia-cast-2026"
OWN, NEIGHBOUR, SUPERIOR = "own", "neighbour", "superior"
_serial = cycle(range(7001, 10_000))  # four digits each, tails of phones; a cast takes about a hundred and twenty


@dataclass
class Corner:
    """One place of the tree with one of everything; `union` has the members."""

    organisation: Organisation
    union: Organisation
    user: User
    grant: Grant
    employer: Employer
    link: EmployerUnion
    blank_spot: Employer
    membership: Membership
    zone: Zone
    zone_staff: ZoneStaff
    staff_member: StaffMember
    training: StaffTraining
    shift: DutyShift
    stand_in: StandIn
    term: Term
    post: Post
    batch: ImportBatch
    export_layout: ExportLayout
    application: JoiningApplication
    request: MembershipRequest
    joining_code: JoiningCode
    matters: Matters
    journal: Journal
    markers: set[str]
    """What only this corner's things say, for the tests that look for leaks."""
    secrets: set[str]
    """Numbers that no page shows in full."""

    @property
    def person(self) -> Any:
        return self.membership.person


@dataclass
class Belongings:
    """What one user has, and nobody else may open."""

    file: StoredFile
    task: BackgroundTask
    message: Message
    view: SavedView
    markers: set[str]


@dataclass
class Cast:
    corners: dict[str, Corner]
    officers: dict[str, User]
    belongings: dict[str, Belongings]
    places: dict[str, Organisation] = field(default_factory=dict)

    def client(self, job: str) -> Client:
        """A browser in which this officer has logged in; 'ANONYMOUS' has not."""
        client = Client()
        if job != "ANONYMOUS":
            client.force_login(self.officers[job], backend=BACKEND)
        return client

    def actor(self, job: str) -> Actor:
        return actor_of(self.officers[job].pk, now=timezone.now())

    def corner(self, job: str, whose: str) -> Corner:
        """The one in the officer's subtree, the one beside it, the one above it."""
        return self.corners[WHERE.get(job, COUNTY_LEVEL)[whose]]

    def out_of_sight(self, job: str) -> dict[str, Corner]:
        """The corners that do not lie under the officer's place."""
        mine = self.places[SEATS[job][0]].scope.path
        return {
            name: corner for name, corner in self.corners.items() if not is_under(corner.organisation.scope.path, mine)
        }

    def foreign_words(self, job: str) -> set[str]:
        """What must not be read by this officer; the names of the organisations above are no secret to them."""
        above = self.places[SEATS[job][0]].scope.path
        return {
            word
            for corner in self.out_of_sight(job).values()
            for word in corner.markers
            if not (word == corner.organisation.name and is_under(above, corner.organisation.scope.path))
        }

    def secrets(self) -> set[str]:
        return {number for corner in self.corners.values() for number in corner.secrets}

    def belongings_for(self, job: str, whose: str) -> Belongings:
        owner = job if whose == OWN and job in self.belongings else next(one for one in self.belongings if one != job)
        return self.belongings[owner]


COUNTY_LEVEL = {OWN: "north", NEIGHBOUR: "other_county", SUPERIOR: "city"}
WHERE = {
    "CLERK": {OWN: "north_union", NEIGHBOUR: "south_union", SUPERIOR: "county"},
    "ENTERPRISE_CLERK": {OWN: "north_union", NEIGHBOUR: "south_union", SUPERIOR: "north"},
}
"""Which corner is whose; whoever is not named works at the county."""

SEATS = {
    "CHAIR": ("county", "郑主席"),
    "CLERK": ("north", "钱经办"),
    "ENTERPRISE_CLERK": ("north_union", "孙专干"),
    "AUDITOR": ("county", "李经审"),
    "HOTLINE_OPERATOR": ("county", "周话务"),
    "SYSTEM_ADMINISTRATOR": ("county", "吴系统"),
    "STATION_KEEPER": ("county", "冯驿站"),
}
JOBS = tuple(SEATS)


def build_cast() -> Cast:
    places = _tree()
    officers = {job: officer(job, places[seat], name) for job, (seat, name) in SEATS.items()}
    corners = {
        "city": _corner("市级", places["city"], places["city_office"], "539901001"),
        "county": _corner("县级", places["county"], places["county_office"], "539902003"),
        "other_county": _corner("东岩", places["other_county"], places["other_office"], "539903001"),
        "north": _corner("北镇", places["north"], places["north_office"], "539902001"),
        "north_union": _corner("北纺", places["north_union"], places["north_union"], "539902001"),
        "south_union": _corner("南港", places["south_union"], places["south_union"], "539902002"),
    }
    belongings = {job: _belongings(user) for job, user in officers.items()}
    return Cast(corners, officers, belongings, places)


def _tree() -> dict[str, Organisation]:
    divisions = {
        "5399": ("云山市", None),
        "539901": ("云山市直管区", "5399"),
        "539901001": ("云山中街道", "539901"),
        "539902": ("云岭县", "5399"),
        "539902001": ("北山镇", "539902"),
        "539902002": ("南湖街道", "539902"),
        "539902003": ("中坪镇", "539902"),
        "539903": ("青石县", "5399"),
        "539903001": ("石门镇", "539903"),
    }
    for code, (name, parent) in divisions.items():
        Division.objects.create(code=code, name=name, parent_id=parent)
    kind, now = OrganisationKind, timezone.now()
    city = plant_root(name="云山市总工会", kind=kind.CITY_FEDERATION, now=now, founded_on=FOUNDED, division="5399")
    places = {"city": city}
    for key, above, name, what, division in (
        ("county", "city", "云岭县总工会", kind.COUNTY_FEDERATION, "539902"),
        ("other_county", "city", "青石县总工会", kind.COUNTY_FEDERATION, "539903"),
        ("north", "county", "北山镇总工会", kind.TOWNSHIP_UNION, "539902001"),
        ("south", "county", "南湖街道总工会", kind.TOWNSHIP_UNION, "539902002"),
        ("north_union", "north", "北山纺织厂工会", kind.PRIMARY_UNION, ""),
        ("south_union", "south", "南湖港务公司工会", kind.PRIMARY_UNION, ""),
        ("city_office", "city", "云山市级机关工会", kind.PRIMARY_UNION, ""),
        ("county_office", "county", "云岭县级机关工会", kind.PRIMARY_UNION, ""),
        ("other_office", "other_county", "东岩机关工会", kind.PRIMARY_UNION, ""),
        ("north_office", "north", "北镇机关工会", kind.PRIMARY_UNION, ""),
    ):
        facts = {"founded_on": FOUNDED, **({"division": division} if division else {})}
        places[key] = add_organisation(
            parent_id=places[above].pk, name=name, kind=what, actor=at_work("CHAIR", places[above]), now=now, **facts
        )
    return places


def at_work(job: str, at: Organisation, user: User | None = None) -> Actor:
    return Actor(user_id=user.pk if user else None, name="测试人员", held=(Held(job=job, path=at.scope.path),))


def officer(job: str, at: Organisation, name: str) -> User:
    """Somebody who holds a job and logs in with PASSWORD."""
    number = next(_serial)
    user = User(username=f"{job.lower()}{number}", name=name, phone=f"1240000{number}", created_at=timezone.now())
    user.set_password(PASSWORD)
    user.save()
    Grant.objects.create(user=user, job=job, scope=at.scope, from_on=FOUNDED, granted_at=timezone.now())
    return user


def _corner(word: str, organisation: Organisation, union: Organisation, township: str) -> Corner:
    """`word` begins every name here."""
    now = timezone.now()
    today, chair = timezone.localdate(now), at_work("CHAIR", organisation)
    user = officer("DUTY_OFFICER", organisation, f"{word}值班")
    deputy = officer("DUTY_OFFICER", organisation, f"{word}备班")
    # From the city's place, since a union's own officers register no employer on its township's ground.
    ground = at_work("CHAIR", Organisation.objects.unscoped(reason="the root of the cast").get(scope__parent=None))
    employer = add_employer(name=f"{word}制造公司", division=township, headcount=120, actor=ground, now=now)
    link = link_employer_to_union(employer.pk, organisation_id=union.pk, from_on=FOUNDED, actor=ground, now=now)
    blank_spot = add_employer(name=f"{word}空白公司", division=township, headcount=80, actor=ground, now=now)
    tail = str(next(_serial))
    document = identity_number(BORN, woman=True)
    membership = member(
        union, f"{word}林燕", joined_on=JOINED, now=now, phone=f"1240000{tail}", document_number=document,
        actor=at_work("ENTERPRISE_CLERK", union),
    )  # fmt: skip
    applied = application(union, f"{word}曾明", now=now, employer_text=f"{word}车队")
    asked = request_of(membership, RequestKind.LEAVE, now=now, note=f"{word}回老家")
    code = add_joining_code(
        union.pk, spot=f"{word}驿站", actor=at_work("ENTERPRISE_CLERK", union, user), now=now
    )  # fmt: skip
    # The rules want a township for a zone; rights ask only where it hangs.
    zone = Zone.objects.create(organisation=organisation, name=f"{word}片区", bounds=f"{word}一路")
    zone_staff = ZoneStaff.objects.create(zone=zone, user=user, from_on=JOINED)
    ZoneEmployer.objects.create(zone=zone, employer=employer, from_on=JOINED)
    staff_tail = str(next(_serial))
    staff_member = add_staff_member(
        organisation_id=organisation.pk, actor=chair, now=now, name=f"{word}工作者", sex="F", born_on=BORN,
        education="", phone=f"1240000{staff_tail}", username="", contract=Contract.EMPLOYED.value,
        contract_from_on=JOINED, contract_until_on=date(2030, 3, 1), funding=Funding.COUNTY.value, pay_grade="",
    )  # fmt: skip
    training = add_training(staff_member.pk, title=f"{word}培训", on=JOINED, hours=8, actor=chair, now=now)
    start = timezone.make_aware(datetime.combine(today + timedelta(days=1), datetime.min.time())) + timedelta(hours=9)
    shift = add_shift(
        organisation_id=organisation.pk, user_id=user.pk, from_at=start, until_at=start + timedelta(hours=8),
        part=DutyPart.ON_DUTY, note=f"{word}值守", actor=chair, now=now,
    )  # fmt: skip
    stand_in = add_stand_in(
        organisation_id=organisation.pk, absent_id=user.pk, deputy_id=deputy.pk, from_on=today + timedelta(days=40),
        until_on=today + timedelta(days=47), reason=f"{word}休假", actor=chair, now=now,
    )  # fmt: skip
    began = date(2023, 3, 1)
    term = start_term(
        organisation.pk, number=3, from_on=began, until_on=term_end(began, 5), elected_by=ChosenBy.CONGRESS,
        actor=chair, now=now,
    )  # fmt: skip
    post = appoint_post(
        organisation.pk, kind=PostKind.CHAIR, name=f"{word}赵林", from_on=began, chosen_by=ChosenBy.CONGRESS,
        actor=chair, now=now,
    )  # fmt: skip
    phones = tuple(f"1240000{next(_serial)}" for _ in range(3))
    matters = matters_of(word, organisation.scope, user, employer, phones)
    seen = (f"1240000{next(_serial)}", f"1240000{next(_serial)}")
    journal = journal_of(word, organisation.scope, employer, seen)
    return Corner(
        organisation, union, user, Grant.objects.unscoped(reason="the cast's own").get(user=user), employer, link,
        blank_spot, membership, zone, zone_staff, staff_member, training, shift, stand_in, term, post,
        _batch(word, union, user), _export_layout(word, organisation), applied, asked, code, matters, journal,
        markers={
            organisation.name, union.name, word, membership.person.name, tail, staff_tail, document[-6:],
            user.phone[-4:], user.username, deputy.username, code.token, *matters.markers,
            *journal.markers,
        },
        secrets={
            document, membership.person.phone, staff_member.phone, user.phone, applied.phone, applied.document_number,
            *matters.secrets, *journal.secrets,
        },
    )  # fmt: skip


def _batch(word: str, union: Organisation, user: User) -> ImportBatch:
    """A sheet of members that was checked; its rows have had their day."""
    now = timezone.now()
    stored = store("姓名,证件号码\n".encode(), name=f"{word}花名册.csv", owner_id=user.pk, now=now)
    return ImportBatch.objects.create(
        scope=union.scope, sheet="members.member", state=BatchState.CHECKED, file_id=stored.pk, file_name=stored.name,
        file_kind="csv", sha256=stored.sha256, headings=["姓名", "证件号码"], mapping={}, rows=3,
        outcomes={"0": 1, "1": 2}, user_id=user.pk, user_name=user.name, created_at=now,
    )  # fmt: skip


def _export_layout(word: str, organisation: Organisation) -> ExportLayout:
    """The city's serves the counties too, so its name is no secret to them."""
    name = "上级报送格式" if organisation.scope.parent_id is None else f"{word}报送格式"
    columns = [{"heading": "会员姓名", "source": "name"}]
    return ExportLayout.objects.create(scope=organisation.scope, list_name="members.member", name=name, columns=columns)


def _belongings(user: User) -> Belongings:
    now, word = timezone.now(), f"私{next(_serial)}"
    stored = store(f"{word},1\n".encode(), name=f"{word}名册.csv", owner_id=user.pk, now=now)
    task = begin_task(user.pk, f"{word}导出", now=now)
    finish(task.pk, result=f"{word}完成", now=now, file=stored)
    message = Message.objects.create(user_id=user.pk, title=f"{word}消息", url="/desk/", at=now)
    view = SavedView.objects.create(
        user_id=user.pk, list_name="organisations.organisation", name=f"{word}视图", query="q=工会"
    )
    return Belongings(stored, task, message, view, {word})
