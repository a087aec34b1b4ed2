"""The first account is made at the console, under the same rules as all others."""

from __future__ import annotations

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from niangjia.kernel.access.models import Grant, User
from niangjia.kernel.access.queries import actor_of
from niangjia.kernel.audit.models import AuditEntry
from niangjia.modules.organisations.commands import app
from niangjia.modules.organisations.models import Organisation
from niangjia.modules.organisations.testing import small_tree

pytestmark = pytest.mark.django_db
PASSWORD = "yun-ling-2026!"


def create(*more: str, password: str = PASSWORD, **options: str):
    given = {
        "username": "admin",
        "name": "管理员",
        "organisation": "云岭县总工会",
        "job": "SYSTEM_ADMINISTRATOR",
    } | options
    arguments = [part for key, value in given.items() for part in (f"--{key}", value)]
    return CliRunner().invoke(app, ["create", *arguments, *more], env={"NIANGJIA_PASSWORD": password})


def test_the_first_administrator_founds_the_first_organisation():
    result = create()
    assert result.exit_code == 0, result.output
    user = User.objects.get()
    assert user.check_password(PASSWORD)
    [held] = actor_of(user.pk, now=timezone.now()).held
    assert held.job == "SYSTEM_ADMINISTRATOR"
    assert Organisation.objects.unscoped(reason="test").get().name == "云岭县总工会"
    assert set(AuditEntry.objects.filter(actor_name="命令行").values_list("verb", flat=True)) == {
        "access.user.created",
        "access.grant.given",
    }


@pytest.mark.parametrize("by", ["name", "number"])
def test_an_organisation_is_found_by_name_or_number(by):
    tree = small_tree()
    result = create(organisation=tree.north.name if by == "name" else str(tree.north.pk), job="主席")
    assert result.exit_code == 0, result.output
    grant = Grant.objects.unscoped(reason="test").get()
    assert (grant.scope_id, grant.job) == (tree.north.pk, "CHAIR")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"organisation": "没有这个工会"}, "No open organisation"),
        ({"job": "国王"}, "There is no job"),
        ({"username": "管理员"}, "用户名"),
        ({"password": "1234567890"}, "密码"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(changes, said):
    small_tree()
    result = create(**changes)
    assert result.exit_code == 1
    assert said in result.output
    assert not User.objects.exists()


def test_twice_the_same_user_name():
    small_tree()
    assert create().exit_code == 0
    again = create(username="ADMIN")
    assert again.exit_code == 1
    assert "已有人使用" in again.output


def test_asked_for_at_a_prompt():
    small_tree()
    answers = f"admin\n管理员\n云岭县总工会\n\n{PASSWORD}\n{PASSWORD}\n"
    result = CliRunner().invoke(app, ["create"], input=answers)
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output
