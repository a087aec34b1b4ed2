"""What rows are called beside an entry of the trail that the reader may see."""

from __future__ import annotations

from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.scoped import FailClosedModel
from niangjia.kernel.audit.subjects import Names
from niangjia.modules.organisations.queries.officers import job_label

REASON = "names beside entries that the reader may see"


def names_by(model: type[FailClosedModel], field: str) -> Names:
    """Looks up `field` of rows of the model."""
    return lambda ids: dict(model.objects.unscoped(reason=REASON).filter(pk__in=ids).values_list("pk", field))


def names_of_users(ids: list[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))


def names_of_grants(ids: list[int]) -> dict[int, str]:
    rows = Grant.objects.unscoped(reason=REASON).filter(pk__in=ids).values_list("pk", "user__name", "job")
    return {pk: f"{name} {job_label(job)}" for pk, name, job in rows}
