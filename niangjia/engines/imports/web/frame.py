"""What every page of a batch shows around its state."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from niangjia.engines.imports import queries
from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.sheet import sheet_named
from niangjia.engines.imports.web.wording import state_mark, title_of
from niangjia.ui.pages import actor_of
from niangjia.ui.places import directory

STEPS = ("上传", "匹配列", "检查", "确认", "写入")
AT = {
    BatchState.UPLOADED: 1,
    BatchState.CHECKING: 2,
    BatchState.CHECKED: 3,
    BatchState.WAITING: 3,
    BatchState.COMMITTING: 4,
    BatchState.DONE: 5,
    BatchState.TAKING_BACK: 5,
    BatchState.TAKEN_BACK: 5,
}


def frame(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    actor = actor_of(request)
    return {
        "batch": batch,
        "mark": state_mark(batch),
        "sheet_title": title_of(batch.sheet),
        "place": directory().names([batch.scope_id]).get(batch.scope_id, ""),
        "steps": steps_of(batch),
        "is_own": actor.user_id == batch.user_id,
        "may_run": queries.may_run(sheet_named(batch.sheet), str(batch.scope.path), actor),
    }


def steps_of(batch: ImportBatch) -> list[tuple[str, str]]:
    """Each step with 'done', 'now' or ''; a batch that failed or was dropped stands nowhere."""
    at = AT.get(BatchState(batch.failed_in or batch.state))
    if at is None:
        return []
    return [(label, "done" if n < at else "now" if n == at else "") for n, label in enumerate(STEPS)]
