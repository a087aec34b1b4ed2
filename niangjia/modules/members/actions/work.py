"""Where a member works: the employer, the platform that gives out the work, the delivery site."""

from __future__ import annotations

from niangjia.kernel.access.actor import Actor
from niangjia.kernel.errors import Missing
from niangjia.modules.members.actions.facts import MembershipFacts, Problems
from niangjia.modules.members.models import DeliverySite, Membership, Platform
from niangjia.modules.organisations.queries.employers import employer_in_sight


def work_problems(facts: MembershipFacts, actor: Actor, *, before: Membership | None = None) -> Problems:
    """What was chosen must be there, and the employer in sight unless it was there before."""
    problems: Problems = {}
    kept = before.employer_id if before is not None else None
    if facts.employer is not None and facts.employer != kept:
        try:
            employer_in_sight(facts.employer, actor)
        except Missing:
            problems["employer"] = "请从列表中选择用人单位。"
    if facts.platform is not None and not Platform.objects.filter(pk=facts.platform).exists():
        problems["platform"] = "请从列表中选择平台。"
    if facts.delivery_site is not None and not DeliverySite.objects.filter(pk=facts.delivery_site).exists():
        problems["delivery_site"] = "请从列表中选择配送站点。"
    return problems


def put_work(membership: Membership, facts: MembershipFacts) -> None:
    membership.employer_id = facts.employer
    membership.platform_id = facts.platform
    membership.delivery_site_id = facts.delivery_site
