"""Terms of office, posts, and the list of those to be elected anew."""

from __future__ import annotations

from datetime import date

import pytest

from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.modules.organisations.actions.terms import appoint_post, end_post, end_term, extend_term, start_term
from niangjia.modules.organisations.models import Term
from niangjia.modules.organisations.queries.organisations import trail_of
from niangjia.modules.organisations.queries.terms import committee_of, due_counts, leaders, terms_due
from niangjia.modules.organisations.rules import ChosenBy, EmployerRole, PostEnd
from niangjia.modules.organisations.rules import OrganisationKind as K
from niangjia.modules.organisations.rules import Post as PostKind
from niangjia.modules.organisations.testing import NOW, acting_as, found_union, small_tree

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def refused(code: str):
    return pytest.raises(Refused, check=lambda refusal: refusal.code == code)


@pytest.fixture
def tree():
    return small_tree()


@pytest.fixture
def clerk(tree):
    return acting_as("CLERK", tree.county)


def start(row, actor, number=1, years=(2022, 2027), elected_by=ChosenBy.CONGRESS):
    return start_term(
        row.pk, number=number, from_on=date(years[0], 1, 1), until_on=date(years[1], 1, 1), elected_by=elected_by,
        actor=actor, now=NOW,
    )  # fmt: skip


def put(
    row, actor, kind=PostKind.MEMBER, *, name="李强", from_on=date(2022, 1, 1), chosen_by=ChosenBy.CONGRESS, **more
):
    return appoint_post(
        row.pk, kind=kind, name=name, from_on=from_on, chosen_by=chosen_by, actor=actor, now=NOW, **more
    )


def test_a_new_term_ends_the_old_one_and_its_posts(tree, clerk):
    first = start(tree.mill, clerk, 1, (2019, 2022))
    chair = put(tree.mill, clerk, PostKind.CHAIR, from_on=date(2019, 1, 1))
    second = start(tree.mill, clerk, 2, (2022, 2027))
    first.refresh_from_db()
    chair.refresh_from_db()
    assert first.ended_on == date(2022, 1, 1)
    assert (chair.until_on, chair.ended_by) == (date(2022, 1, 1), "TERM_OVER")
    assert second.ended_on is None
    assert committee_of(tree.mill, on=TODAY) == []
    put(tree.mill, clerk, PostKind.CHAIR, name="王 芳")
    assert leaders([tree.mill.pk]) == {tree.mill.pk: "王芳"}
    verbs = [entry.verb for entry in trail_of(tree.mill)]
    assert verbs[:2] == ["organisations.post.congress", "organisations.term.started"]


def test_an_old_term_is_kept_as_history(tree, clerk):
    start(tree.mill, clerk, 2, (2022, 2027))
    put(tree.mill, clerk, PostKind.CHAIR)
    old = start(tree.mill, clerk, 1, (2019, 2022))
    assert old.ended_on == date(2022, 1, 1)
    assert len(committee_of(tree.mill, on=TODAY)) == 1


def test_an_early_re_election_cuts_the_term_short(tree, clerk):
    first = start(tree.mill, clerk, 1, (2022, 2027))
    start(tree.mill, clerk, 2, (2025, 2030))
    first.refresh_from_db()
    assert first.ended_on == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"number": 0}, "term.number"),
        ({"years": (2022, 2026)}, "term.length"),
        ({"elected_by": ChosenBy.APPOINTED}, "term.elected_by"),
    ],
)
def test_a_term_is_refused(tree, clerk, more, code):
    with refused(code):
        start(tree.mill, clerk, **more)
    assert not Term.objects.unscoped(reason="test").exists()


def test_the_same_term_twice_is_refused(tree, clerk):
    start(tree.mill, clerk)
    with refused("term.twice"):
        start(tree.mill, clerk)


def test_a_dispatched_committee_is_appointed(tree, clerk):
    committee = found_union(tree.county, "教育系统工委", K.SYSTEM_COMMITTEE)
    with refused("term.elected_by"):
        start(committee, clerk)
    start(committee, clerk, elected_by=ChosenBy.APPOINTED)
    with refused("post.wrong_kind"):
        put(committee, clerk, PostKind.CHAIR, chosen_by=ChosenBy.APPOINTED)
    with refused("post.way_in"):
        put(committee, clerk, PostKind.DIRECTOR)
    assert put(committee, clerk, PostKind.DIRECTOR, chosen_by=ChosenBy.APPOINTED).kind == "DIRECTOR"


def test_ending_and_extending_a_term(tree, clerk):
    term = start(tree.mill, clerk, 1, (2021, 2026))
    with refused("term.no_reason"):
        extend_term(term.pk, until_on=date(2026, 6, 1), reason="", actor=clerk, now=NOW)
    with refused("term.too_late"):
        extend_term(term.pk, until_on=date(2026, 8, 1), reason="批复", actor=clerk, now=NOW)
    assert extend_term(term.pk, until_on=date(2026, 6, 1), reason="批复", actor=clerk, now=NOW).until_on == date(
        2026, 6, 1
    )
    with refused("term.extended_already"):
        extend_term(term.pk, until_on=date(2026, 10, 1), reason="批复", actor=clerk, now=NOW)
    with refused("term.ends_before"):
        end_term(term.pk, on=date(2020, 1, 1), reason="提前换届", actor=clerk, now=NOW)
    end_term(term.pk, on=date(2026, 3, 1), reason="提前换届", actor=clerk, now=NOW)
    with refused("term.over"):
        end_term(term.pk, on=date(2026, 3, 1), reason="提前换届", actor=clerk, now=NOW)
    assert [entry.verb for entry in trail_of(tree.mill)][:2] == [
        "organisations.term.ended",
        "organisations.term.extended",
    ]


# --- posts: 替补, 免去, 增选 are three acts ---


def test_a_post_needs_a_term(tree, clerk):
    with refused("post.no_term"):
        put(tree.mill, clerk)


def test_one_chair_at_a_time_and_never_the_manager(tree, clerk):
    start(tree.mill, clerk)
    with refused("chair.disqualified"):
        put(tree.mill, clerk, PostKind.CHAIR, roles=[EmployerRole.DEPUTY_HEAD])
    put(tree.mill, clerk, PostKind.CHAIR)
    with refused("post.taken"):
        put(tree.mill, clerk, PostKind.CHAIR, name="赵敏")
    with refused("post.audits_itself"):
        put(tree.mill, clerk, PostKind.AUDIT_CHAIR)


def test_a_substitute_needs_a_vacancy(tree, clerk):
    start(tree.mill, clerk)
    member = put(tree.mill, clerk)
    with refused("post.no_vacancy"):
        put(tree.mill, clerk, name="赵敏", from_on=TODAY, chosen_by=ChosenBy.SUBSTITUTED)
    end_post(member.pk, on=TODAY, ended_by=PostEnd.REMOVED, actor=clerk, now=NOW, reason="调任外地")
    put(tree.mill, clerk, name="赵敏", from_on=TODAY, chosen_by=ChosenBy.SUBSTITUTED)
    with refused("post.no_vacancy"):
        put(tree.mill, clerk, name="钱勇", from_on=TODAY, chosen_by=ChosenBy.SUBSTITUTED)
    put(tree.mill, clerk, name="钱勇", from_on=TODAY, chosen_by=ChosenBy.CO_OPTED)
    assert [entry.verb for entry in trail_of(tree.mill)][:4] == [
        "organisations.post.co_opted",
        "organisations.post.substituted",
        "organisations.post.ended",
        "organisations.post.congress",
    ]


def test_nobody_leaves_twice(tree, clerk):
    start(tree.mill, clerk)
    member = put(tree.mill, clerk)
    with refused("post.dates"):
        end_post(member.pk, on=date(2021, 12, 31), ended_by=PostEnd.RESIGNED, actor=clerk, now=NOW)
    end_post(member.pk, on=TODAY, ended_by=PostEnd.RESIGNED, actor=clerk, now=NOW)
    with refused("post.ended"):
        end_post(member.pk, on=TODAY, ended_by=PostEnd.RESIGNED, actor=clerk, now=NOW)


def test_who_may_keep_terms(tree, clerk):
    term = start(tree.mill, clerk)
    stranger, looker = acting_as("CHAIR", tree.south), acting_as("AUDITOR", tree.county)
    for actor, error in ((stranger, Missing), (looker, NotPermitted)):
        with pytest.raises(error):
            start(tree.mill, actor, 2, (2027, 2032))
        with pytest.raises(error):
            put(tree.mill, actor)
        with pytest.raises(error):
            end_term(term.pk, on=TODAY, reason="x", actor=actor, now=NOW)


def test_re_election_due(tree, clerk):
    overdue = start(tree.mill, clerk, 1, (2021, 2026))
    soon = start_term(
        tree.harbour.pk, number=1, from_on=date(2022, 5, 22), until_on=date(2027, 5, 22),
        elected_by=ChosenBy.CONGRESS, actor=clerk, now=NOW,
    )  # fmt: skip
    start(tree.north, clerk, 3, (2025, 2030))
    assert set(terms_due(clerk, on=TODAY)) == {overdue, soon}
    assert due_counts(clerk, on=TODAY) == (1, 1)
    assert due_counts(acting_as("CLERK", tree.north), on=TODAY) == (1, 0)
    assert due_counts(acting_as("AUDITOR", tree.county), on=TODAY) == (0, 0)


def test_nothing_in_office_is_dated_ahead(tree, clerk):
    """What begins or ends on a day to come is entered on that day: until then everybody counts as he stands."""
    term = start(tree.mill, clerk, years=(2025, 2028))
    post = put(tree.mill, clerk, from_on=date(2025, 1, 1))
    ahead = date(2027, 1, 1)
    with refused("organisation.ahead"):
        end_term(term.pk, on=ahead, reason="机构调整", actor=clerk, now=NOW)
    with refused("organisation.ahead"):
        end_post(post.pk, on=ahead, ended_by=PostEnd.RESIGNED, actor=clerk, now=NOW)
    with refused("organisation.ahead"):
        put(tree.mill, clerk, name="王工", from_on=ahead)
    with refused("organisation.ahead"):
        start(tree.mill, clerk, number=2, years=(2028, 2031))
