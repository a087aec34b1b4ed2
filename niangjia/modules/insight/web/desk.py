"""What insight hangs into the desk: figures, and the journal's month, quarter and year."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.audit.labels import register_labels
from niangjia.modules.demands.permissions import Permission as Demand
from niangjia.modules.visits.permissions import Permission as Visit
from niangjia.modules.visits.queries.meetings import open_own_tasks
from niangjia.modules.visits.queries.years import waiting_judgements
from niangjia.ui import desk

JOURNAL = "走访周记"
VERBS = {
    "visits.meeting.opened": "召集月交流",
    "visits.meeting.moved": "改月交流的时间地点",
    "visits.meeting.noted": "暂存月交流记录",
    "visits.meeting.closed": "结束月交流",
    "visits.meeting_task.finished": "完成会议任务",
    "visits.township_report.written": "写季分析",
    "visits.township_report.finished": "季分析定稿",
    "visits.township_report.reopened": "重新打开季分析",
    "visits.year_round.opened": "开始年评议",
    "visits.year_round.judges_named": "请年评议评委",
    "visits.year_round.published": "公布年评议结果",
    "visits.nomination.put_forward": "推荐好发现、好建议",
    "visits.nomination.withdrawn": "撤回推荐",
    "visits.judgement.given": "评议打分",
}


def register() -> None:
    desk.register_menu(
        desk.MenuEntry("统计分析", "诉求分析", "chart-bar", "insight:demand_figures", Demand.DEMAND_VIEW, order=10),
        desk.MenuEntry("统计分析", "走访分析", "map-pin", "insight:visit_figures", Visit.VISIT_VIEW, order=12),
        desk.MenuEntry(JOURNAL, "月交流", "users", "insight:meeting_list", Visit.VISIT_VIEW, order=60),
        desk.MenuEntry(JOURNAL, "季分析", "report", "insight:township_reports", Visit.VISIT_VIEW, order=64),
        desk.MenuEntry(JOURNAL, "年评议", "trophy", "insight:year_rounds", Visit.VISIT_VIEW, order=68),
    )
    desk.register_waiting(waiting)
    register_labels(VERBS)


def waiting(actor: Actor) -> list[desk.Waiting]:
    """Tasks of meetings, those past their day apart; and what a judge has not judged."""
    if actor.user_id is None or not actor.can(Visit.VISIT_VIEW):
        return []
    days = list(open_own_tasks(actor.user_id).values_list("due_on", flat=True)[:200])
    late = sum(day < timezone.localdate() for day in days)
    address = reverse("insight:meeting_tasks")
    return [
        desk.Waiting("会议任务已超期", late, address, "alert-triangle"),
        desk.Waiting("会议任务", len(days) - late, address, "list-check"),
        desk.Waiting("年评议等我打分", waiting_judgements(actor.user_id), reverse("insight:year_rounds"), "gavel"),
    ]
