"""Putting a visit right after it was handed in. What was said to the house stays said; what is new is added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.acting import changing
from niangjia.kernel.audit import actions as audit
from niangjia.kernel.errors import NotPermitted, Refused
from niangjia.modules.visits.actions.findings import tell_findings
from niangjia.modules.visits.actions.surveys import count_anew
from niangjia.modules.visits.drafts import LONGEST_SUMMARY, LONGEST_WORD, Draft, FindingDraft, tidy
from niangjia.modules.visits.models import Finding, Observation, SpokenWith, Visit
from niangjia.modules.visits.permissions import Permission
from niangjia.modules.visits.queries.kinds import form_of
from niangjia.modules.visits.questions import check_answers, tidied

VERB = "visits.visit.amended"


@transaction.atomic
def amend(visit: Visit, draft: Draft, mark: str | None, *, actor: Actor, now: datetime) -> Visit:
    """What the same draft says anew, as its officer chose; with `mark` None the visit's own words stay.

    What was not kept is remembered. The right was asked for when it was handed in.
    """
    row: Visit = Visit.objects.unscoped(reason="the visit of this very draft").select_for_update().get(pk=visit.pk)
    before = audit.snapshot(row)
    row.chosen_over |= {subject: dict(chosen) for subject, chosen in draft.chosen_over.items()}
    row.version += 1
    if mark is not None:
        row.draft_mark = mark
        row.companions = sorted({*row.companions, *draft.companions} - {row.user_id})
        row.summary, row.left_at = draft.summary.strip(), draft.left_at
        row.spoken_with_count = max(draft.spoken_with_count or 0, len(draft.spoken_with))
        _answer(row, draft)
        row.observations.all().delete()
        Observation.objects.unscoped(reason="parts of the visit under lock").bulk_create(
            Observation(visit=row, aspect=aspect, look=look, word=word[:LONGEST_WORD])
            for aspect, (look, word) in sorted(draft.observations.items())
        )
    row.save()
    if mark is not None:
        row.spoken_with.all().delete()
        SpokenWith.objects.unscoped(reason="parts of the visit under lock").bulk_create(
            SpokenWith(visit=row, name=name[:50], phone=phone[:30] or None, post=post[:40])
            for name, phone, post in draft.spoken_with
        )
        _add_findings(row, draft, actor=actor, now=now)
        count_anew(row)
    audit.record(
        actor=actor, verb=VERB, subject=row, path=str(row.scope.path), before=before, after=audit.snapshot(row), now=now
    )  # fmt: skip
    return row


def _answer(visit: Visit, draft: Draft) -> None:
    """The answers as they are now, by the form of the draft. What the first ones led to stays. Raises Refused."""
    if draft.kind != visit.kind:
        return
    form = form_of(draft.kind, str(visit.scope.path), draft.form_number)
    problems = check_answers(form, draft.answers)
    if problems:
        key, problem = next(iter(problems.items()))
        raise Refused("visit.answers", problem, f"answers.{key}")
    visit.form_id, visit.answers = form.pk, tidied(form, draft.answers)


def _add_findings(visit: Visit, draft: Draft, *, actor: Actor, now: datetime) -> None:
    known = dict(visit.findings.values_list("text", "number"))
    new = [one for one in draft.findings if one.text.strip() not in known]
    rows = findings_of(visit, new, after=max(known.values(), default=0))
    Finding.objects.unscoped(reason="what a visit says anew").bulk_create(rows)
    tell_findings(visit, rows, actor=actor, now=now)


def findings_of(visit: Visit, drafts: Sequence[FindingDraft], *, after: int = 0) -> list[Finding]:
    return [
        Finding(
            visit=visit, number=number, text=one.text.strip(), outcome=one.outcome, explanation=one.explanation.strip(),
            people=one.people, asker_name=one.asker_name.strip()[:50] or None,
            asker_phone=one.asker_phone.strip()[:30] or None, by_employer=one.by_employer,
            is_confidential=one.is_confidential,
        )
        for number, one in enumerate(drafts, after + 1)
    ]  # fmt: skip


def edit_visit(pk: int, *, version: int, summary: str, actor: Actor, now: datetime) -> Visit:
    """The summary put right at the desk, by whoever made the visit or directs. Raises Missing, NotPermitted, Refused."""
    with changing(Visit, pk, actor=actor, permission=Permission.VISIT_MAKE, verb=VERB, now=now) as visit:
        if visit.user_id != actor.user_id and not actor.may(Permission.VISIT_DIRECT, str(visit.scope.path)):
            raise NotPermitted("走访记录由走访人自己更正。")
        if visit.version != version:
            raise Refused("visit.version", "这条记录刚被改过，请核对新的内容后再改。", "summary")
        if len(summary) > LONGEST_SUMMARY:
            raise Refused("visit.summary", f"走访小结最多 {LONGEST_SUMMARY} 字，请精简。", "summary")
        visit.summary = tidy(summary)
        visit.version += 1
        visit.save(update_fields=["summary", "version"])
    return visit
