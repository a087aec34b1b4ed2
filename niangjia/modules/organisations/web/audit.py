"""The audit trail (审计日志): who did what, and who looked at what and why."""

from __future__ import annotations

from copy import copy

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from niangjia.kernel.access.guard import requires
from niangjia.kernel.access.permissions import Permission as Access
from niangjia.kernel.audit.labels import is_look, label_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.kernel.audit.queries import entries_under, seal_state
from niangjia.kernel.audit.subjects import Subject, may_read, subjects_of
from niangjia.kernel.audit.wording import Change, changes
from niangjia.kernel.errors import Missing
from niangjia.modules.organisations.queries.at import current_path
from niangjia.modules.organisations.queries.organisations import names_of
from niangjia.modules.organisations.web.audit_lists import AUDIT, place_id
from niangjia.ui.listing import show_list
from niangjia.ui.pages import actor_of


@requires(Access.AUDIT_VIEW)
@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    return show_list(request, AUDIT, within=current_path(request), context={"seals": seal_state()})


@requires(Access.AUDIT_VIEW)
@require_GET
def audit_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with every value before and after, as far as the reader may see the row itself."""
    actor = actor_of(request)
    entry = entries_under(actor.paths(Access.AUDIT_VIEW)).filter(pk=pk).first()
    if entry is None:
        raise Missing("没有这条记录，或不在您的管辖范围内。")
    readable = may_read(entry, actor.may)
    return render(
        request,
        "organisations/audit_entry.html",
        {
            "entry": entry,
            "verb": label_of(entry.verb),
            "is_look": is_look(entry.verb),
            "place": names_of([place_id(entry)]).get(place_id(entry), ""),
            "subject": subjects_of([entry], actor.may).get(entry.pk, Subject()),
            "changes": _all_changes(entry) if readable else [],
            "hidden": not readable and bool(entry.before or entry.after),
            "removed": entry.after is None and bool(entry.before),
        },
    )


def _all_changes(entry: AuditEntry) -> list[Change]:
    if entry.after is None and entry.before:
        removed = copy(entry)
        removed.before, removed.after = None, entry.before
        return changes(removed)
    return changes(entry)
