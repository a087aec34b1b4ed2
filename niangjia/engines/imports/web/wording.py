"""What batches are called on the screen, and the colours of their states."""

from __future__ import annotations

from niangjia.engines.imports.models import BatchState, ImportBatch
from niangjia.engines.imports.sheet import sheet_named
from niangjia.ui.listing import Mark

STATE_TONES = {
    BatchState.UPLOADED: "warning",
    BatchState.CHECKING: "info",
    BatchState.CHECKED: "warning",
    BatchState.WAITING: "warning",
    BatchState.COMMITTING: "info",
    BatchState.DONE: "success",
    BatchState.TAKING_BACK: "info",
    BatchState.FAILED: "error",
}
RUNNING = {
    BatchState.CHECKING: "正在检查每一行",
    BatchState.COMMITTING: "正在写入",
    BatchState.TAKING_BACK: "正在撤回",
}
VERBS = {
    "imports.batch.uploaded": "上传导入文件",
    "imports.batch.matched": "匹配导入列",
    "imports.batch.confirmed": "确认导入",
    "imports.batch.asked": "提交导入审批",
    "imports.batch.approved": "同意导入",
    "imports.batch.sent_back": "退回导入",
    "imports.batch.committed": "导入",
    "imports.batch.taken_back": "撤回导入",
    "imports.batch.dropped": "放弃导入",
    "imports.batch.absent_ended": "办理名册外会员",
}


def state_mark(batch: ImportBatch) -> Mark:
    state = BatchState(batch.state)
    return Mark(state.label, STATE_TONES.get(state, "neutral"))


def title_of(name: str) -> str:
    """A sheet that no room declares any more keeps its code."""
    try:
        return sheet_named(name).title
    except KeyError:
        return name
