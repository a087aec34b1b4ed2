"""Terms and posts of one organisation, and the list of those to be elected anew."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import Missing, Refused
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.actions.terms import appoint_post, end_post, end_term, extend_term, start_term
from niangjia.modules.organisations.models import Organisation, Post, Term
from niangjia.modules.organisations.permissions import Permission
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import kind_of_organisation, organisation_in_sight
from niangjia.modules.organisations.queries.terms import (
    due_counts,
    post_in_sight,
    ranked,
    term_in_sight,
    terms_of,
)
from niangjia.modules.organisations.rules import ChosenBy, EmployerRole, OrganisationKind, PostEnd
from niangjia.modules.organisations.web.lists import TERMS_DUE, due_mark
from niangjia.modules.organisations.web.organisations import ensure_may, frame
from niangjia.ui import desk, pages
from niangjia.ui.forms import DayField
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def term_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, TERMS_DUE, within=current_path(request))


def due_soon(actor: Actor) -> list[desk.Waiting]:
    overdue, soon = due_counts(actor, on=timezone.localdate())
    address = reverse("organisations:term_list")
    return [
        desk.Waiting("任期已到、还没换届", overdue, f"{address}?due=OVERDUE", "alert-triangle"),
        desk.Waiting("半年内要换届", soon, f"{address}?due=SOON", "clock"),
    ]


# ---- one organisation's terms


@requires(Permission.ORGANISATION_VIEW)
@require_GET
def organisation_terms(request: HttpRequest, pk: int) -> HttpResponse:
    """Every term with its people, the present one first."""
    row = organisation_in_sight(pk, actor_of(request))
    today = timezone.localdate()
    terms = [_term(term, today) for term in terms_of(row)]
    loose = [_post(post) for post in ranked(row.posts.filter(term=None))]
    ways = rules.ways_in(kind_of_organisation(row))
    open_term = any(term["open"] for term in terms)
    return render(
        request,
        "organisations/term_history.html",
        {
            **frame(request, row),
            "terms": terms,
            "loose": loose,
            "ways": [(str(way), WAY_BUTTONS[way]) for way in ways],
            "has_terms": row.kind != OrganisationKind.GROUP,
            "may_appoint": open_term or row.kind == OrganisationKind.GROUP,
            "congress": rules.congress_name(kind_of_organisation(row), 0),
        },
    )


WAY_BUTTONS = {
    ChosenBy.CONGRESS: "登记当选",
    ChosenBy.SUBSTITUTED: "替补",
    ChosenBy.CO_OPTED: "增选",
    ChosenBy.APPOINTED: "委派任职",
}


def _term(term: Term, today: Any) -> dict[str, Any]:
    posts = ranked(term.posts.all())
    return {
        "term": term,
        "label": rules.Term(term.number, term.from_on, term.until_on).label,
        "elected_by": ChosenBy(term.elected_by).label,
        "open": term.ended_on is None,
        "due": due_mark(term.until_on, today) if term.ended_on is None else None,
        "posts": [_post(post) for post in posts if post.until_on is None],
        "left": [_post(post) for post in posts if post.until_on is not None],
    }


def _post(post: Post) -> dict[str, Any]:
    return {
        "post": post,
        "label": rules.Post(post.kind).label,
        "chosen_by": ChosenBy(post.chosen_by).label,
        "ended_by": PostEnd(post.ended_by).label if post.ended_by else "",
    }


class TermForm(forms.Form):
    number = forms.IntegerField(label="届次", min_value=1, max_value=99, help_text="第几届，写数字。")
    elected_by = forms.ChoiceField(label="产生方式")
    from_on = DayField(label="任期开始")
    years = forms.TypedChoiceField(
        label="任期", coerce=int, choices=[("3", "3 年"), ("5", "5 年")], widget=forms.RadioSelect, initial="5"
    )

    def __init__(self, *args: Any, ways: list[ChosenBy], **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["elected_by"].choices = [(str(way), way.label) for way in ways]  # type: ignore[attr-defined]


@requires(Permission.TERM_EDIT)
def term_add(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may(actor, Permission.TERM_EDIT, row)
    kind = kind_of_organisation(row)
    last = row.terms.order_by("-number").first()
    form = TermForm(
        request.POST or None,
        ways=[ChosenBy.CONGRESS if rules.has_congress(kind) else ChosenBy.APPOINTED],
        initial={"number": last.number + 1 if last else 1, "from_on": timezone.localdate()},
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            start_term(
                pk, number=data["number"], from_on=data["from_on"], elected_by=ChosenBy(data["elected_by"]),
                until_on=rules.term_end(data["from_on"], data["years"]), actor=actor, now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已登记新一届，请接着登记班子成员。")
            return redirect("organisations:organisation_terms", pk)
    note = (
        "登记后，上一届同日结束，原班子成员按任期届满离任；连任的请在新一届重新登记。"
        if rules.has_congress(kind)
        else "系统工委是总工会的派出机构，不开会员代表大会，由上级委派。"
    )
    return _form(request, form, row, "登记新一届", note=note)


class WhenWhyForm(forms.Form):
    on = forms.DateField(label="日期")
    reason = forms.CharField(label="原因", max_length=300, widget=forms.Textarea)


class ExtendForm(forms.Form):
    until_on = forms.DateField(label="延期到", help_text="一般不超过半年。")
    reason = forms.CharField(
        label="原因", max_length=300, widget=forms.Textarea, help_text="请写明上级批准延期的文号。"
    )


@requires(Permission.TERM_EDIT)
def term_end(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    term = term_in_sight(pk, actor)
    ensure_may(actor, Permission.TERM_EDIT, term.organisation)
    form = WhenWhyForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid():
        data = form.cleaned_data
        try:
            end_term(pk, on=data["on"], reason=data["reason"], actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, "已提前结束这一届。")
            return redirect("organisations:organisation_terms", term.organisation_id)
    note = "班子成员继续履职，到新一届产生为止。"
    return _form(request, form, term.organisation, f"提前结束第 {term.number} 届", note=note, sure="结束任期")


@requires(Permission.TERM_EDIT)
def term_extend(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    term = term_in_sight(pk, actor)
    ensure_may(actor, Permission.TERM_EDIT, term.organisation)
    form = ExtendForm(request.POST or None, initial={"until_on": rules.months_after(term.until_on, 6)})
    if form.is_valid():
        data = form.cleaned_data
        try:
            extend_term(pk, until_on=data["until_on"], reason=data["reason"], actor=actor, now=timezone.now())
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"已延期到 {data['until_on']}。")
            return redirect("organisations:organisation_terms", term.organisation_id)
    note = f"原届满日 {term.until_on}。遇有特殊情况，经上一级工会批准可以延期一次。"
    return _form(request, form, term.organisation, f"第 {term.number} 届延期换届", note=note, sure="延期")


# ---- posts


class PostForm(forms.Form):
    kind = forms.ChoiceField(label="职务")
    name = forms.CharField(label="姓名", max_length=50)
    from_on = forms.DateField(label="任职日期")
    is_full_time = forms.BooleanField(label="专职", required=False)
    roles = forms.MultipleChoiceField(
        label="任职回避",
        required=False,
        choices=EmployerRole.choices(),
        widget=forms.CheckboxSelectMultiple,
        help_text="拟任主席的请核对：属于上列人员的不能担任本单位工会主席。",
    )

    def __init__(self, *args: Any, kind: OrganisationKind, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["kind"].choices = [(str(post), post.label) for post in rules.posts_of(kind)]  # type: ignore[attr-defined]
        if rules.LEVEL[kind] is not rules.Level.PRIMARY:
            del self.fields["roles"]


@requires(Permission.TERM_EDIT)
def post_add(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Elected, appointed, 替补 or 增选: four addresses, one form."""
    actor = actor_of(request)
    row = organisation_in_sight(pk, actor)
    ensure_may(actor, Permission.TERM_EDIT, row)
    if way.upper() not in list(ChosenBy):
        raise Missing
    chosen_by = ChosenBy(way.upper())
    form = PostForm(
        request.POST or None, kind=kind_of_organisation(row), initial={"from_on": _first_day(row, chosen_by)}
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = appoint_post(
                pk, kind=rules.Post(data["kind"]), name=data["name"], from_on=data["from_on"], chosen_by=chosen_by,
                is_full_time=data["is_full_time"], roles=[EmployerRole(role) for role in data.get("roles", [])],
                actor=actor, now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, _named(refusal))
        else:
            messages.success(request, f"已登记{made.name}任{rules.Post(made.kind).label}。")
            return redirect("organisations:organisation_terms", pk)
    return _form(request, form, row, WAY_BUTTONS[chosen_by], note=WAY_NOTES[chosen_by])


WAY_NOTES = {
    ChosenBy.CONGRESS: "换届选举当选的班子成员，一人一条；兼任两职的登记两条。",
    ChosenBy.SUBSTITUTED: "本届有人离任空出的职务，由替补的人接任。没有空出的职务请用增选。",
    ChosenBy.CO_OPTED: "在本届原有名额之外增加一名成员。",
    ChosenBy.APPOINTED: "由上级工会委派，不经选举。",
}


def _first_day(row: Organisation, chosen_by: ChosenBy) -> Any:
    term = row.terms.filter(ended_on=None).order_by("-number").first()
    if term is not None and chosen_by is ChosenBy.CONGRESS:
        return term.from_on
    return timezone.localdate()


def _named(refusal: Refused) -> Refused:
    field = {"post": "kind", "person": "name"}.get(refusal.field or "", refusal.field)
    return Refused(refusal.code, refusal.message, field)


class PostEndForm(forms.Form):
    ended_by = forms.ChoiceField(
        label="离任方式",
        choices=[(str(end), end.label) for end in PostEnd if end not in (PostEnd.TERM_OVER, PostEnd.UNION_ENDED)],
    )
    on = forms.DateField(label="离任日期")
    reason = forms.CharField(label="说明", max_length=300, required=False, help_text="会议或批复文号。")


@requires(Permission.TERM_EDIT)
def post_end(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    post = post_in_sight(pk, actor)
    ensure_may(actor, Permission.TERM_EDIT, post.organisation)
    form = PostEndForm(request.POST or None, initial={"on": timezone.localdate()})
    if form.is_valid():
        data = form.cleaned_data
        try:
            end_post(
                pk, on=data["on"], ended_by=PostEnd(data["ended_by"]), reason=data["reason"], actor=actor,
                now=timezone.now(),
            )  # fmt: skip
        except Refused as refusal:
            pages.put_refusal(form, refusal)
        else:
            messages.success(request, f"{post.name}已离任。空出的职务可以替补。")
            return redirect("organisations:organisation_terms", post.organisation_id)
    title = f"{post.name}离任（{rules.Post(post.kind).label}）"
    return _form(request, form, post.organisation, title, sure="办理离任")


def _form(
    request: HttpRequest, form: forms.Form, row: Organisation, title: str, *, note: str = "", sure: str = "保存"
) -> HttpResponse:
    return render(
        request,
        "organisations/term_form.html",
        {
            "form": form,
            "organisation": row,
            "page_title": title,
            "note": note,
            "sure": sure,
            "back": reverse("organisations:organisation_terms", args=[row.pk]),
        },
        status=422 if form.errors else 200,
    )
