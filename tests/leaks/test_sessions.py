"""A session is worth what its officer is worth at that very moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.models import Grant
from tests.cast import PASSWORD, Cast

NEW_PASSWORD = "xinmima-2026-niangjia"


def grant_of(cast: Cast, job: str):
    return Grant.objects.unscoped(reason="the test's own").get(user=cast.officers[job], job=job)


def logged_in(client: Client) -> bool:
    return not client.get("/desk/").headers.get("Location", "").startswith("/accounts/login/")


def typed_in(user, password: str) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.username, "password": password})
    return client


def test_a_job_that_was_ended_opens_nothing_any_more(cast: Cast) -> None:
    """By the chair's own click, while the clerk's page stands open."""
    corner = cast.corner("CLERK", "own")
    clerk, chair = cast.client("CLERK"), cast.client("CHAIR")
    member, edit = f"/desk/members/{corner.person.pk}/", f"/desk/members/{corner.person.pk}/edit/"
    assert clerk.get(member).status_code == clerk.get(edit).status_code == 200
    grant = grant_of(cast, "CLERK")
    ended = chair.post(reverse("organisations:job_end", args=[grant.user_id, grant.pk]), {"reason": "调离"})
    assert ended.status_code == 302
    for url in (member, edit, "/desk/members/", "/desk/organisations/"):
        assert clerk.get(url).status_code in (403, 404)
    assert clerk.post(edit, {"phone": "12400009999"}).status_code in (403, 404)
    assert corner.union.name not in clerk.get("/desk/search/", {"q": corner.person.name}).content.decode()


@pytest.mark.parametrize("ending", ["a minute ago", "today"])
def test_a_grant_that_has_run_out_opens_nothing(cast: Cast, ending: str) -> None:
    clerk, corner = cast.client("ENTERPRISE_CLERK"), cast.corner("ENTERPRISE_CLERK", "own")
    url = f"/desk/members/{corner.person.pk}/"
    assert clerk.get(url).status_code == 200
    grant = grant_of(cast, "ENTERPRISE_CLERK")
    if ending == "today":
        grant.until_on = timezone.localdate()  # the first day on which it does not hold
    else:
        grant.ended_at = timezone.now() - timedelta(minutes=1)
    grant.save()
    assert clerk.get(url).status_code in (403, 404)
    assert clerk.post(f"{url}reveal/phone/", {"reason": "核对联系方式"}).status_code in (403, 404)


def test_one_job_of_two_ends_alone(cast: Cast) -> None:
    user = cast.officers["CLERK"]
    Grant.objects.create(
        user=user, job="AUDITOR", scope=cast.places["south"].scope, from_on=timezone.localdate(),
        granted_at=timezone.now(),
    )  # fmt: skip
    client, south = cast.client("CLERK"), cast.corners["south_union"]
    seen, edited = f"/desk/members/{south.person.pk}/", f"/desk/members/{south.person.pk}/edit/"
    assert client.get(seen).status_code == 200
    assert client.get(edited).status_code == 403  # in sight as an auditor, but a clerk elsewhere
    Grant.objects.unscoped(reason="the test's own").filter(user=user, job="AUDITOR").update(ended_at=timezone.now())
    assert client.get(seen).status_code == 404
    assert client.get(f"/desk/members/{cast.corner('CLERK', 'own').person.pk}/").status_code == 200


def test_an_old_session_ends_with_the_old_password(cast: Cast) -> None:
    user = cast.officers["HOTLINE_OPERATOR"]
    here, elsewhere = typed_in(user, PASSWORD), typed_in(user, PASSWORD)
    assert logged_in(here)
    assert logged_in(elsewhere)
    changed = here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert changed.status_code == 302
    assert logged_in(here)
    assert not logged_in(elsewhere)
    assert not logged_in(typed_in(user, PASSWORD))
    assert logged_in(typed_in(user, NEW_PASSWORD))


def test_a_closed_account_is_out_at_once(cast: Cast) -> None:
    corner = cast.corner("SYSTEM_ADMINISTRATOR", "own")
    theirs, administrator = Client(), cast.client("SYSTEM_ADMINISTRATOR")
    theirs.force_login(corner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert logged_in(theirs)
    # Work in hand must be handed over first.
    corner.shift.delete()
    corner.stand_in.delete()
    corner.zone_staff.delete()
    answered = administrator.post(reverse("organisations:officer_close", args=[corner.user.pk]), {"reason": "退休"})
    assert answered.status_code == 302, answered.content.decode()
    assert not logged_in(theirs)
    assert not logged_in(typed_in(corner.user, PASSWORD))
