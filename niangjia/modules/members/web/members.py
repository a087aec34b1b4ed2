"""The list of members, a member's page, and putting right what is known of a person."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.crypto.masks import mask_card, mask_identity, mask_phone
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.words import Word
from niangjia.modules.members import rules
from niangjia.modules.members.actions import (
    admit_member,
    confirm_register,
    correct_document,
    edit_person,
    rename_person,
    reveal,
)
from niangjia.modules.members.actions.facts import PersonFacts
from niangjia.modules.members.models import ACTIVE_STATES, Membership, Person
from niangjia.modules.members.permissions import Permission
from niangjia.modules.members.queries.people import changes_of, memberships_of, person_in_sight, registered, trail_of
from niangjia.modules.members.queries.search import first_hits
from niangjia.modules.members.rules import Document, MembershipState, age_on
from niangjia.modules.members.web.forms import AdmissionForm, DocumentForm, PersonForm, RenameForm
from niangjia.modules.members.web.lists import MEMBERS, category_labels, state_mark
from niangjia.modules.members.web.sending import form_page
from niangjia.modules.members.web.wording import history, told
from niangjia.modules.organisations.queries.at import current_organisation, current_path
from niangjia.modules.organisations.queries.membership import MEMBER_KINDS, takes_members
from niangjia.modules.organisations.queries.organisations import (
    names_of,
    organisation_in_sight,
    organisation_options,
    tops_of,
)
from niangjia.modules.organisations.queries.tabs import tabs_of
from niangjia.ui import pages
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of, sent

# --- lists ---


@requires(Permission.MEMBER_VIEW)
@require_GET
def member_list(request: HttpRequest) -> HttpResponse:
    may_add = actor_of(request).can(Permission.MEMBERSHIP_CHANGE)
    return show_list(
        request, MEMBERS, within=current_path(request),
        context={"may_add": may_add, "at": current_organisation(request)},
    )  # fmt: skip


@requires(Permission.MEMBER_VIEW)
@require_GET
def organisation_members(request: HttpRequest, pk: int) -> HttpResponse:
    """The same list as a tab of an organisation's page: its own members and those below it."""
    actor = actor_of(request)
    organisation = organisation_in_sight(pk, actor)
    path, takes = organisation.scope.path, takes_members(organisation)
    return show_list(
        request, MEMBERS, within=path,
        context={
            "organisation": organisation, "tabs": tabs_of(organisation, actor),
            "may_add": takes and actor.may(Permission.MEMBERSHIP_CHANGE, path),
            "may_confirm": takes and actor.may(Permission.MEMBER_EDIT, path),
        },
    )  # fmt: skip


@requires(Permission.MEMBER_EDIT)
@require_POST
def register_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    members = confirm_register(pk, actor=actor_of(request), now=timezone.now())
    messages.success(request, f"已记下：今天核对过 {members} 名会员，名册无误。")
    return redirect("members:organisation_members", pk)


@requires(Permission.MEMBER_VIEW)
@require_GET
def person_options(request: HttpRequest) -> HttpResponse:
    """Members by name, initials or number, for Pickers of any room."""
    try:
        rows = first_hits(actor_of(request), _typed(request), 20)
    except Refused:
        rows = []
    names = names_of({row.scope_id for row in rows})
    return pages.options(
        request,
        [
            (row.person_id, row.name, f"{names.get(row.scope_id, '')}　{MembershipState(row.status).label}")
            for row in rows
        ],
    )


@requires(Permission.MEMBERSHIP_CHANGE)
@require_GET
def union_options(request: HttpRequest) -> HttpResponse:
    """Unions with members of their own in which the actor may admit and to which he may transfer."""
    actor = actor_of(request)
    rows = organisation_options(actor, _typed(request), kinds=MEMBER_KINDS)
    return pages.options(
        request,
        [(row.pk, row.name, above) for row, above in rows if actor.may(Permission.MEMBERSHIP_CHANGE, row.scope.path)],
    )


def _typed(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "").split())[:50]


# --- one member ---


@requires(Permission.MEMBER_VIEW)
@require_GET
def member(request: HttpRequest, pk: int) -> HttpResponse:
    return shown(request, pk)


def shown(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    person = person_in_sight(pk, actor)
    memberships = memberships_of(person, actor)
    names = names_of({row.scope_id for row in memberships})
    # The union that somebody has left keeps its own old row; the person's facts are the new union's.
    in_charge = person.may_change(actor, Permission.MEMBER_VIEW) is not None
    may_edit = person.may_change(actor, Permission.MEMBER_EDIT) is not None
    current = memberships[0]
    return render(
        request,
        "members/member.html",
        {
            "person": person,
            "age": age_on(person.born_on, timezone.localdate()) if person.born_on and in_charge else None,
            "in_charge": in_charge,
            "may_edit": may_edit,
            "facts": _facts(person) if in_charge else [],
            "secrets": _secrets(person, actor) if in_charge else [],
            "mark": state_mark(current.status),
            "current": current,
            "memberships": [_membership(row, names, actor) for row in memberships],
            "changes": history(changes_of(memberships), memberships),
            "trail": told(trail_of(person, memberships)) if in_charge else [],
        },
    )


def back_to_member(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    """After something was done from the member's page or from its drawer."""
    messages.success(request, said)
    if request.headers.get("HX-Target") == "drawer-body":
        response = shown(request, pk)
        response["HX-Trigger"] = "list-changed"
        return response
    return redirect("members:member", pk)


def _membership(row: Membership, names: dict[int, str], actor: Actor) -> dict[str, Any]:
    path = row.scope.path
    return {
        "row": row,
        "union": names.get(row.scope_id, ""),
        "mark": state_mark(row.status),
        "categories": category_labels(row.categories),
        "employment": _label(rules.Employment, row.employment_status),
        "is_active": row.status in ACTIVE_STATES,
        "may_edit": actor.may(Permission.MEMBER_EDIT, path),
        "may_change": actor.may(Permission.MEMBERSHIP_CHANGE, path),
    }


def _label(words: type[Word], code: str) -> str:
    return words(code).label if code else ""


def _facts(person: Person) -> list[tuple[str, Any]]:
    migrant = {True: "是", False: "否"}.get(person.is_migrant, "") if person.is_migrant is not None else ""
    return [
        ("性别", _label(rules.Sex, person.sex)),
        ("出生日期", person.born_on),
        ("民族", rules.ETHNICITIES.get(person.ethnicity, "")),
        ("籍贯", person.native_place),
        ("户籍类型", _label(rules.Household, person.household_kind)),
        ("户籍所在地", person.household_place),
        ("农民工", migrant),
        ("学历", _label(rules.Education, person.education)),
        ("技术等级", _label(rules.SkillGrade, person.skill_grade)),
        ("政治面貌", _label(rules.Politics, person.political_status)),
        ("婚姻状况", _label(rules.Marriage, person.marital_status)),
        ("开户银行", person.bank_name),
    ]


def _secrets(person: Person, actor: Actor) -> list[tuple[str, str, str]]:
    """(label, masked value, where to ask for it in full)."""
    may_reveal = person.may_change(actor, Permission.MEMBER_REVEAL) is not None
    kind = Document(person.document_kind).label
    rows = (
        (kind, mask_identity(person.document_number), "document_number"),
        ("手机", mask_phone(person.phone), "phone"),
        ("银行卡号", mask_card(person.bank_card), "bank_card"),
    )
    return [
        (label, value, reverse("members:person_reveal", args=[person.pk, field]) if may_reveal and value else "")
        for label, value, field in rows
    ]


@requires(Permission.MEMBER_REVEAL)
@require_POST
def person_reveal(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """The value as plain text, for its place in the page; who asked and why is in the trail by then."""
    value = reveal(pk, field=field, reason=request.POST.get("reason", ""), actor=actor_of(request), now=timezone.now())
    response = HttpResponse(value, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


# --- admitting ---


@requires(Permission.MEMBERSHIP_CHANGE)
@require_http_methods(["GET", "POST"])
def member_add(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form = AdmissionForm(request.POST or None, actor=actor, initial={"organisation": likely_union(request)})
    made: list[Membership] = []

    def admit(facts: dict[str, Any]) -> None:
        made.append(
            admit_member(
                organisation_id=facts["organisation"], person=form.person, membership=form.membership, actor=actor,
                now=timezone.now(),
            )
        )  # fmt: skip

    if sent(form, admit):
        messages.success(request, f"已登记“{made[0].name}”。")
        return redirect("members:member", made[0].person_id)
    return render(
        request, "members/member_add.html", {"form": form, "back": reverse("members:member_list")},
        status=422 if form.errors else 200,
    )  # fmt: skip


def likely_union(request: HttpRequest) -> int | None:
    """The union of the page one comes from, the one where one works now, or the only one there is."""
    asked = pages.number_in(request.GET.get("organisation", ""))
    if asked:
        return asked
    at = current_organisation(request)
    tops = [at] if at else tops_of(actor_of(request))
    return tops[0].pk if len(tops) == 1 and takes_members(tops[0]) else None


@requires(Permission.MEMBERSHIP_CHANGE)
@require_POST
def document_check(request: HttpRequest) -> HttpResponse:
    """What a document number says, and whether somebody is registered under it; by POST, so that no log keeps it."""
    facts = PersonFacts(
        name="", document_kind=request.POST.get("document_kind", ""),
        document_number=request.POST.get("document_number", "")[:30],
    ).tidied()  # fmt: skip
    problem = (
        facts.document_problem(timezone.localdate(), synthetic=settings.SYNTHETIC_NUMBERS)
        if facts.document_number
        else ""
    )
    known = registered(facts.document_number, actor_of(request)) if facts.document_number and not problem else None
    return render(
        request,
        "members/document_check.html",
        {
            "facts": facts,
            "problem": problem,
            "read": None if problem else facts.read,
            "known": known,
            "age": age_on(facts.read.birth_on, timezone.localdate()) if facts.read and not problem else None,
        },
    )


# --- putting right ---


@requires(Permission.MEMBER_EDIT)
@require_http_methods(["GET", "POST"])
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = _to_change(request, pk)
    form = PersonForm(request.POST or None, person=person)

    def edit(facts: dict[str, Any]) -> None:
        edit_person(
            pk, changes=form.changes, actor=actor_of(request), now=timezone.now(), reason=facts.get("reason", "")
        )

    if sent(form, edit):
        return back_to_member(request, pk, "已保存。")
    return form_page(request, form, title=f"修改“{person.name}”的资料", act="保存", back=_address(pk))


@requires(Permission.MEMBER_EDIT)
@require_http_methods(["GET", "POST"])
def person_rename(request: HttpRequest, pk: int) -> HttpResponse:
    person = _to_change(request, pk)
    form = RenameForm(request.POST or None, initial={"name": person.name})
    if sent(form, lambda facts: rename_person(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return back_to_member(request, pk, "姓名已更正。")
    said = "更正后，这个人在各处的会籍一起改名；改前改后都记入变更记录。"
    return form_page(request, form, title=f"更正“{person.name}”的姓名", act="更正", back=_address(pk), said=said)


@requires(Permission.MEMBER_EDIT)
@require_http_methods(["GET", "POST"])
def person_document(request: HttpRequest, pk: int) -> HttpResponse:
    person = _to_change(request, pk)
    form = DocumentForm(request.POST or None, initial={"document_kind": person.document_kind})
    if sent(form, lambda facts: correct_document(pk, actor=actor_of(request), now=timezone.now(), **facts)):
        return back_to_member(request, pk, "证件已更正。")
    said = f"现在登记的是{Document(person.document_kind).label} {mask_identity(person.document_number)}。"
    return form_page(request, form, title=f"更正“{person.name}”的证件", act="更正", back=_address(pk), said=said)


def _address(pk: int) -> str:
    return reverse("members:member", args=[pk])


def _to_change(request: HttpRequest, pk: int) -> Person:
    """Raises Missing, NotPermitted: a form that can't be sent isn't shown."""
    person = person_in_sight(pk, actor_of(request))
    if person.may_change(actor_of(request), Permission.MEMBER_EDIT) is None:
        raise NotPermitted
    return person
