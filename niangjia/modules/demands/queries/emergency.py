"""The emergency rules that hold at a place, and whether they make an emergency of what was said."""

from __future__ import annotations

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.access.models import Scope
from niangjia.kernel.errors import Missing
from niangjia.kernel.kept import Kept
from niangjia.modules.demands import emergency_rules
from niangjia.modules.demands.emergency_rules import DEFAULTS, Fired, Rule
from niangjia.modules.demands.models import EmergencyRule


def fired(text: str, people: int, scope_path: str) -> Fired | None:
    """What the rules at and above a place say of a text; None is no emergency."""
    own, (top, *below) = _rules.now(), map(int, scope_path.split("."))
    rules = [rule for place in below for rule in own.get(place, ())]
    return emergency_rules.fired([*own.get(top, DEFAULTS), *rules], text, people)


def _read() -> dict[int, list[Rule]]:
    """The rules in use of each place that has any row, used or not."""
    rules: dict[int, list[Rule]] = {}
    for row in EmergencyRule.objects.unscoped(reason="what those above wrote holds here too").order_by("pk"):
        rules.setdefault(row.scope_id, []).extend([as_rule(row)] if row.is_used else [])
    return rules


_rules = Kept(EmergencyRule, _read)


def rules_at(scope_path: str) -> list[EmergencyRule]:
    """Every rule that holds at a place, those of the top first; the rows of `DEFAULTS` where nobody wrote any yet."""
    rows = list(
        EmergencyRule.objects.unscoped(reason="what those above wrote holds here too")
        .filter(scope__path__above=scope_path)
        .select_related("scope")
    )
    rows.sort(key=lambda row: (row.scope.path.count("."), row.pk))
    top = Scope.objects.filter(parent=None, path__above=scope_path).first()
    if top is not None and not any(row.scope_id == top.pk for row in rows):
        return [as_row(rule, top) for rule in DEFAULTS] + rows
    return rows


def as_rule(row: EmergencyRule) -> Rule:
    return Rule(row.name, tuple(row.words), tuple(row.not_words), row.people, row.urgency, row.is_major)


def as_row(rule: Rule, scope: Scope) -> EmergencyRule:
    """Not saved: `actions.emergency.write_defaults` does that when somebody changes one."""
    return EmergencyRule(
        scope=scope, name=rule.name, words=list(rule.words), not_words=list(rule.not_words), people=rule.people,
        urgency=rule.urgency, is_major=rule.is_major,
    )  # fmt: skip


def rule_in_sight(pk: int, actor: Actor) -> EmergencyRule:
    """Raises Missing."""
    found: EmergencyRule | None = EmergencyRule.objects.visible_to(actor).select_related("scope").filter(pk=pk).first()
    if found is None:
        raise Missing("没有找到这条规则，可能已被移走，或由上级工会管理。")
    return found
