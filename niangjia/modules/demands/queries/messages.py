"""The texts that askers get at a place, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from niangjia.kernel.access.models import Scope
from niangjia.modules.demands.models import AskerMessage
from niangjia.modules.demands.rules import MESSAGES, PLACEHOLDERS, SILENT_TITLE, Step, message_text
from niangjia.modules.organisations.queries.organisations import names_of

EXAMPLE = {"number": "SQ20260108-0012", "title": "三个月没有发工资", "stage": "办理中", "link": ""}


@dataclass(frozen=True)
class Said:
    """`of` names whose text it is: '' as delivered."""

    step: Step
    text: str
    of: str
    is_own: bool
    example: str
    silent: str

    @property
    def is_default(self) -> bool:
        return not self.of


def messages_at(scope: Scope) -> list[Said]:
    """Every step, with the text that holds at a place."""
    places = [int(label) for label in str(scope.path).split(".")]
    rows = AskerMessage.objects.unscoped(reason="texts of the places above hold here too").filter(scope__in=places)
    nearest: dict[str, AskerMessage] = {}
    for row in sorted(rows, key=lambda row: places.index(row.scope_id)):
        nearest[row.step] = row
    names = names_of({row.scope_id for row in nearest.values()})
    return [_said(step, nearest.get(step.value), scope, names) for step in Step]


def _said(step: Step, row: AskerMessage | None, scope: Scope, names: dict[int, str]) -> Said:
    text = row.text if row else MESSAGES[step]
    return Said(
        step, text, names.get(row.scope_id, "") if row else "", bool(row and row.scope_id == scope.pk),
        message_text(text, EXAMPLE), message_text(text, EXAMPLE | {"title": SILENT_TITLE}),
    )  # fmt: skip


def placeholders() -> list[tuple[str, str]]:
    return [(f"{{{name}}}", label) for name, label in PLACEHOLDERS.items()]
