"""Officers: nobody gives more than he holds, and nothing is left lying when somebody goes."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from niangjia.kernel.access.actions import accept_invitation, ensure_may_give, grant_job, open_invitation
from niangjia.kernel.access.models import Grant, Invitation, User
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.access.rights import Job, jobs
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.errors import Missing, NotPermitted, Refused
from niangjia.kernel.notify.queries import inbox
from niangjia.modules.organisations.actions.duty import add_shift, add_stand_in
from niangjia.modules.organisations.actions.officers import (
    appoint_officer,
    change_job_end,
    close_account,
    end_job,
    invite_again,
    invite_officer,
    leave_office,
    reveal_phone,
    unlock_officer,
)
from niangjia.modules.organisations.models import DutyShift, Post, StandIn, Zone, ZoneStaff
from niangjia.modules.organisations.queries.duty import acting_for, start_of
from niangjia.modules.organisations.queries.handover import Leaving, in_hand
from niangjia.modules.organisations.queries.officers import is_locked, officer_in_sight, officer_options
from niangjia.modules.organisations.rules import DutyPart
from niangjia.modules.organisations.testing import NOW, acting_as, officer, small_tree

TODAY = timezone.localdate(NOW)
_POOR = frozenset({Access.OFFICER_APPOINT, Access.OFFICER_VIEW})
RICHER_AND_POORER = (Job("POOR", "部门负责人", _POOR), Job("RICH", "主席", _POOR | {Access.AUDIT_VIEW}))
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return small_tree()


def link(token: str) -> str:
    return f"/accounts/invitation/{token}/"


def invited(tree, actor=None, **changes):
    facts = {
        "username": "zhoumin", "name": "周敏", "phone": "12400000001", "job": "CLERK",
        "organisation_id": tree.north.pk, "from_on": TODAY,
    }  # fmt: skip
    return invite_officer(**(facts | changes), actor=actor or acting_as("CHAIR", tree.county), now=NOW, link=link)


def token_of(made) -> str:
    return made.link.removeprefix("/accounts/invitation/").removesuffix("/")


# --- invitation and first log-in ---


def test_the_invited_sets_a_password_and_holds_the_job(tree):
    made = invited(tree)
    user = accept_invitation(token_of(made), password="yun-ling-2026!", now=NOW)
    assert user.check_password("yun-ling-2026!")
    actor = actor_of(user.pk, now=NOW)
    assert [(held.job, held.path) for held in actor.held] == [("CLERK", tree.north.scope.path)]
    assert AuditEntry.objects.get(verb="access.invitation.accepted").path == tree.north.scope.path
    verbs = set(AuditEntry.objects.filter(path=tree.north.scope.path).values_list("verb", flat=True))
    assert {"access.user.created", "access.user.invited", "access.grant.given"} <= verbs


def test_the_link_is_kept_nowhere_and_works_once(tree):
    made = invited(tree)
    assert bytes(Invitation.objects.get().token_digest) != token_of(made).encode()
    accept_invitation(token_of(made), password="yun-ling-2026!", now=NOW)
    with pytest.raises(Missing):
        accept_invitation(token_of(made), password="another-one-2026", now=NOW)


def test_an_old_link_and_one_sent_anew(tree):
    made = invited(tree)
    with pytest.raises(Missing):
        open_invitation(token_of(made), now=NOW + timedelta(days=7))
    again = invite_again(made.user.pk, actor=acting_as("CHAIR", tree.county), now=NOW, link=link)
    with pytest.raises(Missing):
        open_invitation(token_of(made), now=NOW)
    assert open_invitation(token_of(again), now=NOW).user == made.user


def test_a_link_made_for_a_lesser_account_ends_with_a_greater_job(tree):
    """Else the township's chair could keep a link and open it once his clerk has become the county's chair."""
    user = officer("CLERK", tree.north)
    kept = invite_again(user.pk, actor=acting_as("CHAIR", tree.north), now=NOW, link=link)
    appoint_officer(
        username=user.username, job="CHAIR", organisation_id=tree.county.pk, from_on=TODAY,
        actor=acting_as("SYSTEM_ADMINISTRATOR", tree.county), now=NOW,
    )  # fmt: skip
    with pytest.raises(Missing):
        open_invitation(token_of(kept), now=NOW)
    with pytest.raises(NotPermitted):
        invite_again(user.pk, actor=acting_as("CHAIR", tree.north), now=NOW, link=link)


def test_a_weak_password_leaves_the_link_open(tree):
    made = invited(tree)
    for weak in ("12345678901", "password123", "short", "zhoumin-2026"):
        with pytest.raises(ValidationError):
            accept_invitation(token_of(made), password=weak, now=NOW)
    assert open_invitation(token_of(made), now=NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"username": "周敏"}, "username_unfit"),
        ({"username": "ab"}, "username_unfit"),
        ({"username": "1zhou"}, "username_unfit"),
        ({"phone": "123"}, "phone"),
        ({"until_on": TODAY}, "span"),
        ({"job": "NO_SUCH_JOB"}, "unknown_job"),
    ],
)
def test_an_invitation_refused_leaves_no_account(tree, changes, code):
    with pytest.raises(Refused) as refused:
        invited(tree, **changes)
    assert refused.value.code == code
    assert not User.objects.exists()


def test_a_user_name_is_taken_once_whatever_its_case(tree):
    invited(tree)
    with pytest.raises(Refused) as refused:
        invited(tree, username="ZhouMin")
    assert refused.value.code == "username_taken"


# --- never beyond what one holds ---


@pytest.mark.parametrize("giver", list(jobs()))
def test_every_pair_of_jobs(tree, giver):
    """Who may appoint gives what he holds or may pass on, at and under his own place; nobody else gives anything."""
    may = giver in {"CHAIR", "FULL_TIME_VICE_CHAIR", "SYSTEM_ADMINISTRATOR"}
    actor = acting_as(giver, tree.north)
    for given in jobs():
        allowed = {tree.north.pk, tree.mill.pk} if may else set()
        for place in (tree.county, tree.north, tree.south, tree.mill, tree.harbour):
            if place.pk in allowed:
                ensure_may_give(actor, given, place.scope.path)
            else:
                with pytest.raises(NotPermitted):
                    ensure_may_give(actor, given, place.scope.path)


def test_a_job_poorer_than_the_one_it_gives_is_refused(tree, settings):
    """With a table in which a department head appoints, he still can't make a chair."""
    settings.JOBS = f"{__name__}.RICHER_AND_POORER"
    actor = acting_as("POOR", tree.north)
    ensure_may_give(actor, "POOR", tree.north.scope.path)
    with pytest.raises(NotPermitted):
        ensure_may_give(actor, "RICH", tree.north.scope.path)


@pytest.mark.parametrize("place", ["south", "harbour", "county"])
def test_outside_the_own_subtree_there_is_nothing_to_appoint_to(tree, place):
    with pytest.raises((Missing, NotPermitted)):
        invited(tree, actor=acting_as("CHAIR", tree.north), organisation_id=getattr(tree, place).pk)
    assert not User.objects.exists()


def test_a_closed_organisation_takes_nobody(tree):
    tree.mill.closed_on = TODAY
    tree.mill.save()
    with pytest.raises(Refused):
        invited(tree, organisation_id=tree.mill.pk)


def test_appointing_again_is_refused_and_after_the_end_allowed(tree):
    user = officer("CLERK", tree.north)
    chair = acting_as("CHAIR", tree.county)
    again = {"username": user.username, "job": "CLERK", "organisation_id": tree.north.pk, "from_on": TODAY}
    with pytest.raises(Refused) as refused:
        appoint_officer(**again, actor=chair, now=NOW)
    assert refused.value.code == "job_held"
    end_job(Grant.objects.unscoped(reason="test").get(user=user).pk, actor=chair, now=NOW)
    appoint_officer(**again, actor=chair, now=NOW)
    assert inbox(user.pk)[0].title == "您已任北山镇总工会经办"


def test_an_unknown_user_name_is_a_form_error(tree):
    with pytest.raises(Refused) as refused:
        appoint_officer(
            username="nobody", job="CLERK", organisation_id=tree.north.pk, from_on=TODAY,
            actor=acting_as("CHAIR", tree.county), now=NOW,
        )  # fmt: skip
    assert (refused.value.code, refused.value.field) == ("user_unknown", "username")


def test_setting_somebodys_password_takes_the_right_to_all_his_jobs(tree):
    """Else a township's chair could act as the county's, who happens to hold a job in the township too."""
    powerful = officer("CHAIR", tree.county)
    Grant.objects.create(user=powerful, job="CLERK", scope=tree.north.scope, from_on=TODAY, granted_at=NOW)
    township_chair = acting_as("CHAIR", tree.north)
    assert officer_in_sight(powerful.pk, township_chair, now=NOW)
    for act in (
        lambda: invite_again(powerful.pk, actor=township_chair, now=NOW, link=link),
        lambda: unlock_officer(powerful.pk, actor=township_chair, now=NOW),
        lambda: close_account(powerful.pk, actor=township_chair, now=NOW),
    ):
        with pytest.raises(NotPermitted):
            act()
    powerful.refresh_from_db()
    assert powerful.is_active


def test_nobody_gives_himself_a_job(tree):
    """The administrator passes on the register's rights without having them; a chair is one until a day."""
    administrator = officer("SYSTEM_ADMINISTRATOR", tree.county)
    actor = actor_of(administrator.pk, now=NOW)
    gone = officer("CHAIR", tree.county, name="周敏")
    takes = {"job": "CHAIR", "organisation_id": tree.county.pk, "from_on": TODAY, "actor": actor, "now": NOW}
    with pytest.raises(Refused) as refused:
        appoint_officer(username=administrator.username, **takes)
    assert (refused.value.code, refused.value.field) == ("oneself", "username")
    with pytest.raises(Refused) as refused:
        leave_office(
            gone.pk, organisation_id=tree.county.pk, on=TODAY, successor_id=administrator.pk, actor=actor, now=NOW
        )
    assert refused.value.code == "successor_rights"
    assert [held.job for held in actor_of(administrator.pk, now=NOW).held] == ["SYSTEM_ADMINISTRATOR"]
    assert actor_of(gone.pk, now=NOW).held


def test_a_chair_takes_his_clerks_work_over_without_the_job(tree):
    chair, clerk = officer("CHAIR", tree.county), officer("CLERK", tree.north, name="周敏")
    leave_office(
        clerk.pk, organisation_id=tree.north.pk, on=TODAY, successor_id=chair.pk,
        actor=actor_of(chair.pk, now=NOW), now=NOW,
    )  # fmt: skip
    assert [held.job for held in actor_of(chair.pk, now=NOW).held] == ["CHAIR"]
    assert not actor_of(clerk.pk, now=NOW).held


def test_a_job_that_ran_out_is_given_anew_not_prolonged(tree):
    """Else it would have been held all the while, and a link made for the account without it would open it."""
    user = officer("CHAIR", tree.county)
    grant = Grant.objects.unscoped(reason="test").get(user=user)
    Grant.objects.unscoped(reason="test").filter(pk=grant.pk).update(until_on=TODAY)
    administrator = acting_as("SYSTEM_ADMINISTRATOR", tree.county)
    for until_on in (None, TODAY + timedelta(days=30)):
        with pytest.raises(Refused) as refused:
            change_job_end(grant.pk, until_on=until_on, actor=administrator, now=NOW)
        assert refused.value.code == "job_ended"


# --- the end of a job ---


def test_a_job_that_ended_a_minute_ago_opens_nothing(tree):
    user = officer("CLERK", tree.north)
    client = Client()
    client.force_login(user, backend=BACKEND)
    url = "/desk/officers/"
    assert client.get(url).status_code == 200
    grant = Grant.objects.unscoped(reason="test").get(user=user)
    end_job(grant.pk, actor=acting_as("CHAIR", tree.county), now=timezone.now() - timedelta(minutes=1))
    assert client.get(url).status_code == 403
    assert actor_of(user.pk, now=timezone.now()).held == ()


def test_the_last_day_is_the_day_before(tree):
    user = officer("CLERK", tree.north)
    Grant.objects.unscoped(reason="test").filter(user=user).update(until_on=TODAY)
    assert actor_of(user.pk, now=NOW - timedelta(days=1)).held
    assert not actor_of(user.pk, now=NOW).held


def test_nobody_ends_his_own_job(tree):
    user = officer("CHAIR", tree.county)
    actor = actor_of(user.pk, now=NOW)
    grant = Grant.objects.unscoped(reason="test").get(user=user)
    for act in (
        lambda: end_job(grant.pk, actor=actor, now=NOW),
        lambda: close_account(user.pk, actor=actor, now=NOW),
        lambda: change_job_end(grant.pk, until_on=TODAY + timedelta(days=1), actor=actor, now=NOW),
        lambda: leave_office(user.pk, organisation_id=tree.county.pk, on=TODAY, actor=actor, now=NOW),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "oneself"


def test_a_neighbour_finds_neither_officer_nor_job(tree):
    user = officer("CLERK", tree.north)
    neighbour = acting_as("CHAIR", tree.south)
    grant = Grant.objects.unscoped(reason="test").get(user=user)
    for act in (
        lambda: officer_in_sight(user.pk, neighbour, now=NOW),
        lambda: end_job(grant.pk, actor=neighbour, now=NOW),
        lambda: change_job_end(grant.pk, until_on=None, actor=neighbour, now=NOW),
        lambda: leave_office(user.pk, organisation_id=tree.north.pk, on=TODAY, actor=neighbour, now=NOW),
        lambda: reveal_phone(user.pk, reason="电话联系", actor=neighbour, now=NOW),
    ):
        with pytest.raises(Missing):
            act()
    assert officer_options(neighbour, "", now=NOW) == []


def test_an_end_is_moved_but_not_into_the_past(tree):
    user = officer("CLERK", tree.north)
    chair = acting_as("CHAIR", tree.county)
    grant = Grant.objects.unscoped(reason="test").get(user=user)
    later = TODAY + timedelta(days=90)
    assert change_job_end(grant.pk, until_on=later, actor=chair, now=NOW).until_on == later
    with pytest.raises(Refused):
        change_job_end(grant.pk, until_on=TODAY, actor=chair, now=NOW)
    with pytest.raises(NotPermitted):
        change_job_end(grant.pk, until_on=None, actor=acting_as("CLERK", tree.county), now=NOW)


# --- leaving an office ---


@pytest.fixture
def busy(tree):
    """A clerk with a zone, two shifts to come, one gone, a deputyship and a seat on the committee."""
    user = officer("CLERK", tree.north, name="周敏")
    colleague = officer("CLERK", tree.north, name="何伟")
    chair = acting_as("CHAIR", tree.county)
    zone = Zone.objects.create(organisation=tree.north, name="东片")
    ZoneStaff.objects.create(zone=zone, user=user, from_on=date(2026, 1, 1))
    DutyShift.objects.create(
        organisation=tree.north, user=user, from_at=NOW - timedelta(days=7), until_at=NOW - timedelta(days=6, hours=12)
    )
    for days in (2, 9):
        add_shift(
            organisation_id=tree.north.pk, user_id=user.pk, part=DutyPart.ON_DUTY,
            from_at=start_of(TODAY + timedelta(days=days)), until_at=start_of(TODAY + timedelta(days=days + 1)),
            actor=chair, now=NOW,
        )  # fmt: skip
    add_stand_in(
        organisation_id=tree.north.pk, absent_id=colleague.pk, deputy_id=user.pk, from_on=TODAY,
        until_on=TODAY + timedelta(days=10), actor=chair, now=NOW,
    )  # fmt: skip
    Post.objects.create(organisation=tree.north, kind="MEMBER", name="周敏", user=user, from_on=date(2026, 1, 1))
    return user


def test_without_a_successor_nothing_in_hand_may_be_left(tree, busy):
    chair = acting_as("CHAIR", tree.county)
    with pytest.raises(Refused) as refused:
        leave_office(busy.pk, organisation_id=tree.north.pk, on=TODAY, actor=chair, now=NOW)
    assert refused.value.message == "还有1 个片区、2 个值班班次、1 项代理未交接，请用“离任交接”指定接任人。"
    for act in (
        lambda: end_job(Grant.objects.unscoped(reason="test").get(user=busy).pk, actor=chair, now=NOW),
        lambda: close_account(busy.pk, actor=chair, now=NOW),
    ):
        with pytest.raises(Refused, match="未交接"):
            act()
    assert actor_of(busy.pk, now=NOW).held


def test_leaving_hands_everything_over(tree, busy):
    successor = officer("DUTY_OFFICER", tree.south, name="林小燕")
    left = leave_office(
        busy.pk, organisation_id=tree.north.pk, on=TODAY, successor_id=successor.pk,
        actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip
    assert left.jobs == 1
    assert left.moved == [("个片区", 1), ("个值班班次", 2), ("项代理", 1)]
    assert in_hand(Leaving(busy.pk, tree.north.scope.path, TODAY)) == []
    assert actor_of(busy.pk, now=NOW).held == ()
    assert ("CLERK", tree.north.scope.path) in [(held.job, held.path) for held in actor_of(successor.pk, now=NOW).held]
    shifts = DutyShift.objects.unscoped(reason="test")
    assert shifts.filter(user=successor).count() == 2
    assert shifts.filter(user=busy).count() == 1, "what was, stays"
    spans = ZoneStaff.objects.unscoped(reason="test").order_by("from_on").values_list("user", "from_on", "until_on")
    assert list(spans) == [(busy.pk, date(2026, 1, 1), TODAY), (successor.pk, TODAY, None)]
    absent = StandIn.objects.unscoped(reason="test").first().absent_id
    assert acting_for(absent, on=TODAY) == successor.pk
    assert Post.objects.unscoped(reason="test").get().user is None
    assert inbox(busy.pk)[0].title.startswith("您自 2026-11-22 起离任")
    assert inbox(successor.pk)[0].title == "您接任周敏在北山镇总工会的工作"


def test_leaving_on_a_day_to_come(tree, busy):
    on = TODAY + timedelta(days=5)
    successor = officer("CLERK", tree.county, name="林小燕")
    leave_office(
        busy.pk, organisation_id=tree.north.pk, on=on, successor_id=successor.pk,
        actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip
    assert actor_of(busy.pk, now=NOW + timedelta(days=4)).held
    assert not actor_of(busy.pk, now=NOW + timedelta(days=5)).held
    shifts = DutyShift.objects.unscoped(reason="test").filter(from_at__gt=NOW).order_by("from_at")
    assert [shift.user_id for shift in shifts] == [busy.pk, successor.pk]
    assert Grant.objects.unscoped(reason="test").filter(user=successor).count() == 1, (
        "who holds it above needs no other"
    )


def test_a_successor_on_another_roster_at_that_hour_is_refused_whole(tree, busy):
    successor = officer("CLERK", tree.north, name="林小燕")
    add_shift(
        organisation_id=tree.north.pk, user_id=successor.pk, part=DutyPart.RESERVE,
        from_at=start_of(TODAY + timedelta(days=2)), until_at=start_of(TODAY + timedelta(days=3)),
        actor=acting_as("CHAIR", tree.county), now=NOW,
    )  # fmt: skip
    with pytest.raises(Refused, match="接任人林小燕"):
        leave_office(
            busy.pk, organisation_id=tree.north.pk, on=TODAY, successor_id=successor.pk,
            actor=acting_as("CHAIR", tree.county), now=NOW,
        )  # fmt: skip
    assert ZoneStaff.objects.unscoped(reason="test").get().user == busy
    assert actor_of(busy.pk, now=NOW).held


def test_the_successors_job_must_be_the_actors_to_give(tree, busy):
    successor = officer("DUTY_OFFICER", tree.south, name="林小燕")
    with pytest.raises(NotPermitted):
        leave_office(
            busy.pk, organisation_id=tree.north.pk, on=TODAY, successor_id=successor.pk,
            actor=acting_as("CLERK", tree.north), now=NOW,
        )  # fmt: skip


def test_a_successor_out_of_sight_is_unknown(tree, busy):
    stranger = officer("CLERK", tree.south, name="林小燕")
    for successor_id in (stranger.pk, 10**9):
        with pytest.raises(Refused) as refused:
            leave_office(
                busy.pk, organisation_id=tree.north.pk, on=TODAY, successor_id=successor_id,
                actor=acting_as("CHAIR", tree.north), now=NOW,
            )  # fmt: skip
        assert (refused.value.code, refused.value.field) == ("successor_unknown", "successor_id")


def test_leaving_twice_finds_nobody(tree, busy):
    successor = officer("CLERK", tree.north, name="林小燕")
    again = {"organisation_id": tree.north.pk, "on": TODAY, "successor_id": successor.pk}
    chair = acting_as("CHAIR", tree.county)
    leave_office(busy.pk, **again, actor=chair, now=NOW)
    with pytest.raises(Missing):
        leave_office(busy.pk, **again, actor=chair, now=NOW)


# --- accounts ---


def test_closing_an_account_ends_jobs_and_sessions(tree):
    user = officer("CLERK", tree.north)
    client = Client()
    client.force_login(user, backend=BACKEND)
    assert client.get("/desk/officers/").status_code == 200
    assert UserSession.objects.filter(user=user).exists()
    close_account(user.pk, actor=acting_as("SYSTEM_ADMINISTRATOR", tree.county), now=NOW)
    assert client.get("/desk/officers/").status_code == 302
    assert not UserSession.objects.filter(user=user).exists()
    with pytest.raises(Refused):
        invite_again(user.pk, actor=acting_as("CHAIR", tree.county), now=NOW, link=link)


def test_an_old_session_ends_with_a_new_password(tree):
    user = officer("CLERK", tree.north)
    client = Client()
    client.force_login(user, backend=BACKEND)
    assert client.get("/desk/officers/").status_code == 200
    made = invite_again(user.pk, actor=acting_as("CHAIR", tree.county), now=timezone.now(), link=link)
    assert client.get("/desk/officers/").status_code == 200, "the link alone changes nothing"
    accept_invitation(token_of(made), password="yun-ling-2026!", now=timezone.now())
    assert client.get("/desk/officers/").status_code == 302


def test_an_administrator_opens_a_locked_account(tree, settings):
    user = officer("CLERK", tree.north)
    AccessAttempt.objects.create(
        username=user.username.upper(), ip_address="10.0.0.1", failures_since_start=settings.AXES_FAILURE_LIMIT,
        attempt_time=NOW,
    )  # fmt: skip
    AccessAttempt.objects.update(attempt_time=NOW)
    assert is_locked(user, now=NOW)
    unlock_officer(user.pk, actor=acting_as("SYSTEM_ADMINISTRATOR", tree.county), now=NOW)
    assert not is_locked(user, now=NOW)
    with pytest.raises(NotPermitted):
        unlock_officer(user.pk, actor=acting_as("CLERK", tree.county), now=NOW)


def test_a_phone_number_is_shown_against_a_reason_that_is_kept(tree):
    made = invited(tree)
    chair = acting_as("CHAIR", tree.county)
    with pytest.raises(Refused):
        reveal_phone(made.user.pk, reason=" ", actor=chair, now=NOW)
    assert reveal_phone(made.user.pk, reason="电话核实", actor=chair, now=NOW) == "12400000001"
    entry = AuditEntry.objects.get(verb="access.user.revealed")
    assert (entry.reason, entry.path, entry.after) == ("电话核实", tree.north.scope.path, None)


# --- two at once ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_two_appointments_at_once_make_one_job(locked, monkeypatch):
    """The control takes the lock away: then the second meets the unique constraint instead of a sentence."""
    tree = small_tree()
    user = officer("DUTY_OFFICER", tree.north)
    if not locked:
        monkeypatch.setattr("django.db.models.QuerySet.select_for_update", lambda rows, **_: rows)
    both, outcomes = threading.Barrier(2, timeout=10), []

    def slow_create(**fields):
        # Each has looked for an open grant before either writes: only the lock can part them.
        if not locked:
            both.wait()
        return create(**fields)

    create = Grant.objects.create
    monkeypatch.setattr(Grant.objects, "create", slow_create)

    def appoint() -> None:
        try:
            if locked:
                both.wait()
            grant_job(
                user=user, job="CLERK", scope=tree.north.scope, from_on=TODAY,
                actor=acting_as("CHAIR", tree.county), now=NOW,
            )  # fmt: skip
            outcomes.append("given")
        except (Refused, IntegrityError) as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=appoint) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == (["Refused", "given"] if locked else ["IntegrityError", "given"])
    assert Grant.objects.unscoped(reason="test").filter(user=user, job="CLERK").count() == 1
