"""年评议: findings and suggestions put forward, judged, published; and each officer's year."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from niangjia.engines.casework.web.fields import WordsField
from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.guard import requires
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.kernel.ltree import is_under
from niangjia.modules.insight import papers
from niangjia.modules.insight.queries.years import year_facts, year_lines
from niangjia.modules.insight.web.sending import send_paper
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.visits.actions.years import (
    LEAST_JUDGES,
    MOST_POINTS,
    NominationKind,
    RoundState,
    judge,
    name_judges,
    open_year_round,
    publish_round,
    put_forward,
    withdraw_nomination,
)
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.people import who_may
from niangjia.modules.visits.queries.postings import posting_in_sight, postings_in_sight, users_posted
from niangjia.modules.visits.queries.years import (
    KINDS,
    findings_to_put_forward,
    judges_of,
    makers_of,
    may_put_forward,
    nomination_in_sight,
    nominations_of,
    nominations_of_author,
    own_judgements,
    round_in_sight,
    rounds_in_sight,
)
from niangjia.ui.listing import Mark
from niangjia.ui.pages import actor_of, form_page, number_in, sent

TONES = {RoundState.COLLECTING: "info", RoundState.JUDGING: "warning", RoundState.PUBLISHED: "success"}


def state_of(row: Any) -> Mark:
    state = RoundState(row.state)
    return Mark(state.label, TONES[state])


def may_run(row: Any, actor: Actor) -> bool:
    return actor.may(Permission.YEAR_RUN, row.scope.path)


def own_places(actor: Actor) -> list[tuple[int, str]]:
    """Where the actor may open a year: the places of the jobs that give the right."""
    found = {int(held.path.rpartition(".")[2]) for held in actor.held if Permission.YEAR_RUN in held.permissions}
    return sorted(names_of(found).items())


class RoundForm(forms.Form):
    scope = forms.TypedChoiceField(label="单位", coerce=int)
    year = forms.IntegerField(label="年份", min_value=2000, max_value=2199)

    def __init__(self, *given: Any, places: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["scope"].choices = places  # type: ignore[attr-defined]


@requires(Permission.VISIT_VIEW)
@require_GET
def year_rounds(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = list(rounds_in_sight(actor)[:100])
    names = names_of(row.scope_id for row in rows)
    return render(
        request, "insight/years/list.html",
        {"rows": [(row, names.get(row.scope_id, ""), state_of(row)) for row in rows], "may_open": actor.can(Permission.YEAR_RUN),
         "officers": postings_in_sight(actor).filter(until_on=None).select_related("user", "group").order_by("user__name", "pk")[:200]},
    )  # fmt: skip


@requires(Permission.YEAR_RUN)
@require_http_methods(["GET", "POST"])
def year_round_open(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    form = RoundForm(request.POST or None, places=own_places(actor), initial={"year": timezone.localdate(now).year})
    made: list[Any] = []

    def act(said: dict[str, Any]) -> None:
        made.append(open_year_round(scope_id=said["scope"], year=said["year"], actor=actor, now=now))

    if sent(form, act):
        return redirect("insight:year_round", made[0].pk)
    return form_page(
        request, form, title="开始年评议", act="开始收集推荐", back=reverse("insight:year_rounds"), crumb="年评议"
    )  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_GET
def year_round(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = round_in_sight(pk, actor)
    state, user_id = RoundState(row.state), actor.user_id or 0
    nominations = nominations_of(row)
    own = own_judgements(row, user_id) if state is RoundState.JUDGING else {}
    is_judge = state is RoundState.JUDGING and user_id in row.judges
    runs = may_run(row, actor)
    return render(
        request, "insight/years/round.html",
        {
            "row": row, "name": names_of([row.scope_id]).get(row.scope_id, ""), "state": state_of(row), "runs": runs,
            "is_collecting": state is RoundState.COLLECTING, "is_judging": state is RoundState.JUDGING,
            "is_published": state is RoundState.PUBLISHED, "is_judge": is_judge,
            "may_put": state is RoundState.COLLECTING and may_put_forward(row, actor),
            "kinds": [
                (
                    label,
                    [
                        {
                            "row": one, "own": own.get(one.pk), "mine": one.author_id == user_id,
                            "judges": is_judge and user_id not in makers_of(one),
                            "withdraws": state is RoundState.COLLECTING and (one.author_id == user_id or runs),
                        }
                        for one in nominations
                        if one.kind == kind
                    ],
                )
                for kind, label in KINDS
            ],
            "judges": judges_of(row) if runs and row.judges else [], "least": LEAST_JUDGES, "points": range(MOST_POINTS, 0, -1),
            "given": len(own), "facts": row.facts,
        },
    )  # fmt: skip


class NominationForm(forms.Form):
    kind = forms.ChoiceField(label="推荐什么", choices=NominationKind.choices())
    finding = forms.TypedChoiceField(
        label="出自哪次走访",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="只列您自己今年走访的发现；不选就是单独写。",
    )
    author = forms.TypedChoiceField(label="作者", coerce=int, help_text="选了走访的发现时，作者就是走访的人。")
    title = forms.CharField(label="题目", max_length=60)
    text = WordsField(
        label="内容", max_length=5000, rows=8, help_text="发现了什么、怎么发现的、后来怎样；或者建议什么、为什么。"
    )

    def __init__(self, *given: Any, findings: list[Any], authors: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        said = [
            (one.pk, f"{timezone.localtime(one.visit.arrived_at):%m-%d} {one.visit.employer.name}：{one.text[:30]}")
            for one in findings
        ]
        self.fields["finding"].choices = [("", "不出自走访"), *said]  # type: ignore[attr-defined]
        self.fields["author"].choices = authors  # type: ignore[attr-defined]


def _places_of_both(path: str, actor: Actor) -> list[str]:
    """Where the round reaches and the reader works: who is posted beside is none of his business."""
    own = actor.paths(Permission.VISIT_MAKE)
    return [str(path)] if any(is_under(path, one) for one in own) else [one for one in own if is_under(one, path)]


@requires(Permission.VISIT_MAKE)
@require_http_methods(["GET", "POST"])
def year_put_forward(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    row = round_in_sight(pk, actor)
    if not may_put_forward(row, actor):
        raise NotPermitted("由参加走访的同志推荐。")
    if row.state != RoundState.COLLECTING:
        raise Refused("round.state", "推荐已经截止，评议正在进行或已公布。")
    own = actor.user_id or 0
    findings = findings_to_put_forward(own, row.year)
    people = dict(users_posted(_places_of_both(row.scope.path, actor), timezone.localdate(now))) | {own: actor.name}
    asked = next((one for one in findings if one.pk == number_in(request.GET.get("finding", ""))), None)
    usual: dict[str, Any] = {"author": own}
    if asked is not None:
        usual |= {"finding": asked.pk, "text": asked.text}
    form = NominationForm(
        request.POST or None, findings=findings, authors=sorted(people.items(), key=lambda pair: pair[1]), initial=usual
    )

    def act(said: dict[str, Any]) -> None:
        put_forward(
            pk, kind=NominationKind(said["kind"]), title=said["title"], text=said["text"], author_id=said["author"],
            finding_id=said["finding"], actor=actor, now=now,
        )  # fmt: skip

    if sent(form, act):
        messages.success(request, "已推荐。")
        return redirect("insight:year_round", pk)
    return form_page(
        request, form, title=f"推荐 {row.year} 年的好发现、好建议", act="推荐", back=reverse("insight:year_round", args=[pk]),
        crumb=f"{row.year} 年评议",
    )  # fmt: skip


@requires(Permission.VISIT_VIEW)
@require_POST
def nomination_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = nomination_in_sight(pk, actor).round
    withdraw_nomination(pk, actor=actor, now=timezone.now())
    messages.success(request, "已撤回。")
    return redirect("insight:year_round", row.pk)


class JudgesForm(forms.Form):
    judges = forms.TypedMultipleChoiceField(
        label="评委", coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": f"请至少选 {LEAST_JUDGES} 位评委。"},
    )  # fmt: skip

    def __init__(self, *given: Any, people: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["judges"].choices = people  # type: ignore[attr-defined]


@requires(Permission.YEAR_RUN)
@require_http_methods(["GET", "POST"])
def year_judges(request: HttpRequest, pk: int) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    row = round_in_sight(pk, actor)
    if not may_run(row, actor):
        raise NotPermitted("由本级组织评议的同志请评委。")
    today = timezone.localdate(now)
    people = dict(who_may(Permission.VISIT_VIEW, row.scope.path, on=today).values_list("pk", "name"))
    people |= dict(users_posted([row.scope.path], today))
    form = JudgesForm(
        request.POST or None, people=sorted(people.items(), key=lambda pair: pair[1]), initial={"judges": row.judges}
    )
    if sent(form, lambda said: name_judges(pk, user_ids=said["judges"], actor=actor, now=now)):
        messages.success(request, "已请评委，他们会收到消息。")
        return redirect("insight:year_round", pk)
    return form_page(
        request, form, title="请评委", act="开始评议", back=reverse("insight:year_round", args=[pk]), crumb=f"{row.year} 年评议",
        note=f"每条推荐至少 {LEAST_JUDGES} 位评委打分；作者和同行走访的人不评自己的。开始后不能再推荐。",
    )  # fmt: skip


class PointsForm(forms.Form):
    points = forms.IntegerField(min_value=1, max_value=MOST_POINTS)
    note = forms.CharField(max_length=200, required=False)


@requires(Permission.VISIT_VIEW)
@require_POST
def nomination_judge(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    found = nomination_in_sight(pk, actor)
    if actor.user_id not in found.round.judges:
        raise NotPermitted("只有请来的评委能打分。")
    form = PointsForm(request.POST)
    if not form.is_valid():
        raise Refused("judgement.points", f"请打 1 到 {MOST_POINTS} 分，说明不超过 200 字。")
    judge(pk, points=form.cleaned_data["points"], note=form.cleaned_data["note"], actor=actor, now=timezone.now())
    messages.success(request, f"已给“{found.title}”打分。")
    return redirect("insight:year_round", found.round_id)


@requires(Permission.YEAR_RUN)
@require_POST
def year_publish(request: HttpRequest, pk: int) -> HttpResponse:
    actor = actor_of(request)
    row = round_in_sight(pk, actor)
    if not may_run(row, actor):
        raise NotPermitted("由本级组织评议的同志公布。")
    now = timezone.now()
    publish_round(pk, facts=lambda held: year_facts(held, actor, today=timezone.localdate(now)), actor=actor, now=now)
    messages.success(request, "结果已公布。")
    return redirect("insight:year_round", pk)


@requires(Permission.VISIT_VIEW)
@require_GET
def year_file(request: HttpRequest, pk: int) -> HttpResponse:
    """`?format=docx`, else a PDF; of what was published."""
    actor, now = actor_of(request), timezone.now()
    row = round_in_sight(pk, actor)
    if row.state != RoundState.PUBLISHED:
        raise Refused("round.state", "结果公布后才能下载。")
    day = timezone.localdate(row.published_at)
    issuer = names_of([row.scope_id]).get(row.scope_id, "")
    return send_paper(request, papers.year_paper(row.year, row.facts, issuer=issuer, day=day), now=now)


@requires(Permission.VISIT_VIEW)
@require_GET
def officer_year(request: HttpRequest, pk: int) -> HttpResponse:
    """One officer's year, by the posting; `?year=`."""
    actor, today = actor_of(request), timezone.localdate()
    posting = posting_in_sight(pk, actor)
    asked = number_in(request.GET.get("year", ""))
    year = asked if posting.from_on.year <= asked <= today.year else today.year
    lines = year_lines(posting.scope.path, year, actor, today=today, user_ids=[posting.user_id])
    return render(
        request, "insight/years/officer.html",
        {
            "posting": posting, "year": year, "line": lines[0] if lines else None,
            "nominations": [(one, state_of(one.round)) for one in nominations_of_author(posting.user_id, year, actor)],
            "before": year - 1 if year > posting.from_on.year else 0, "after": year + 1 if year < today.year else 0,
        },
    )  # fmt: skip
