"""The trail of this room in Chinese."""

from __future__ import annotations

from typing import Any

from niangjia.kernel.audit.labels import register_labels
from niangjia.kernel.audit.wording import register_values
from niangjia.kernel.words import Word
from niangjia.modules.organisations import rules
from niangjia.modules.organisations.models import Division
from niangjia.modules.organisations.queries.organisations import names_of

VERBS = {
    "organisations.organisation.founded": "登记成立",
    "organisations.organisation.edited": "修改资料",
    "organisations.organisation.renamed": "更名",
    "organisations.organisation.moved": "调整隶属",
    "organisations.organisation.retyped": "改类型",
    "organisations.organisation.merged": "并入其他工会",
    "organisations.organisation.dissolved": "撤销",
    "organisations.term.started": "登记届次",
    "organisations.term.ended": "提前结束任期",
    "organisations.term.extended": "延期换届",
    "organisations.post.congress": "选举任职",
    "organisations.post.appointed": "委派任职",
    "organisations.post.substituted": "替补任职",
    "organisations.post.co_opted": "增选任职",
    "organisations.post.ended": "离任",
}


def label(words: type[Word], value: Any) -> str:
    """A code that fell out of use is shown as it is."""
    try:
        return words(value).label
    except ValueError:
        return str(value)


def register() -> None:
    register_labels(VERBS)
    register_values(
        "organisations.organisation",
        kind=lambda value: label(rules.OrganisationKind, value),
        division_id=lambda value: Division.objects.filter(pk=value).values_list("name", flat=True).first() or value,
        merged_into_id=lambda value: names_of([value]).get(value, ""),
    )
    register_values("organisations.term", elected_by=lambda value: label(rules.ChosenBy, value))
    register_values(
        "organisations.post",
        kind=lambda value: label(rules.Post, value),
        chosen_by=lambda value: label(rules.ChosenBy, value),
        ended_by=lambda value: label(rules.PostEnd, value),
    )
