"""The proof of a membership: given out by an officer, checked by whoever is shown it."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from niangjia.kernel.access.guard import for_workers, requires
from niangjia.modules.members.actions.proofs import issue_own_proof, issue_proof
from niangjia.modules.members.models import MembershipProof
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.proofs import proof_answer, tidy_code
from niangjia.modules.members.web.joining_codes import site_of
from niangjia.modules.members.web.papers import as_download, membership_proof
from niangjia.ui.pages import actor_of


@requires(Permission.MEMBER_EDIT)
@require_POST
def proof_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """For the membership `pk`; every paper has a number of its own."""
    return printed(request, issue_proof(pk, actor=actor_of(request), now=timezone.now()))


def printed(request: HttpRequest, proof: MembershipProof) -> HttpResponse:
    return as_download(membership_proof(proof, site=site_of(request)), f"会员证明-{proof.number}.pdf")


@require_POST
@for_workers
def own_proof(request: HttpRequest) -> HttpResponse:
    return printed(request, issue_own_proof(cast("int", request.user.pk), now=timezone.now()))


@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """Public: asks for the code on the paper."""
    code = tidy_code(request.GET.get("code", ""))
    if code:
        return redirect("proof:answer", code)
    return render(request, "members/proof.html", {"asked": False})


@require_GET
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Public: a masked name and whether the paper holds, nothing else."""
    found = proof_answer(code, now=timezone.now())
    response = render(
        request, "members/proof.html", {"asked": True, "answer": found, "code": code},
        status=200 if found else 404,
    )  # fmt: skip
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


app_name = "proof"
urlpatterns = [
    path("", check, name="check"),
    path("mine/", own_proof, name="own"),
    path("<slug:code>/", answer, name="answer"),
]
