"""Whoever asks is known by his own address, behind proxies too, and nobody is whoever he says he is."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.utils import timezone

from niangjia.cli import check
from niangjia.config import wsgi
from niangjia.kernel.access.models import User
from niangjia.kernel.visitors import HERE, behind_proxies, networks, visitor_of

STRANGER, OTHER, PROXY = "203.0.113.5", "203.0.113.6", "10.0.0.2"
ONE = networks(PROXY)


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "seen"),
    [
        # none: what is written above a request is the visitor's own word
        ("", STRANGER, "", STRANGER),
        ("", STRANGER, "198.51.100.66", STRANGER),
        ("", "127.0.0.1", "198.51.100.66", "127.0.0.1"),
        # one, which overwrites or adds
        (PROXY, PROXY, STRANGER, STRANGER),
        (PROXY, PROXY, f"198.51.100.66, {STRANGER}", STRANGER),
        (PROXY, PROXY, f"198.51.100.66,{PROXY},{STRANGER}", STRANGER),
        (PROXY, PROXY, "", PROXY),
        (PROXY, STRANGER, "198.51.100.66", STRANGER),  # past the proxy
        (PROXY, STRANGER, f"198.51.100.66, {PROXY}", STRANGER),
        (HERE, "127.0.0.1", STRANGER, STRANGER),
        (HERE, "::1", STRANGER, STRANGER),
        # two in a row, of which both are named or the outer is not
        (f"{PROXY},192.0.2.0/24", PROXY, f"198.51.100.66, {STRANGER}, 192.0.2.7", STRANGER),
        (PROXY, PROXY, f"198.51.100.66, {STRANGER}, 192.0.2.7", "192.0.2.7"),
        (f"{PROXY},192.0.2.0/24", PROXY, "192.0.2.9, 192.0.2.7", "192.0.2.9"),  # from among the proxies
        # how addresses are written
        (PROXY, PROXY, f"{STRANGER}:4711", STRANGER),
        (PROXY, PROXY, "[2001:db8::5]:4711", "2001:db8::5"),
        (PROXY, f"::ffff:{PROXY}", f"::ffff:{STRANGER}", STRANGER),
        # what is no address is nobody: then the last one who is known
        (PROXY, PROXY, "unknown", PROXY),
        (PROXY, PROXY, f"{STRANGER}, _hidden", PROXY),
        (PROXY, PROXY, "²²²\0" * 50, PROXY),
        (PROXY, PROXY, f", {STRANGER}", STRANGER),
        (PROXY, PROXY, f"{STRANGER},", PROXY),
        (PROXY, "", STRANGER, ""),
    ],
)
def test_who_asks(proxies: str, peer: str, forwarded: str, seen: str) -> None:
    assert visitor_of(peer, forwarded, networks(proxies)) == seen


@pytest.mark.parametrize("named", ["*", "proxy.example.org", "0.0.0.0/0", "::/0", "10.0.0.0/99", "1"])
def test_everybody_and_nobody_are_no_proxies(named: str) -> None:
    with pytest.raises(ValueError):
        networks(named)


def test_the_product_refuses_to_start_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    from niangjia.config import settings

    monkeypatch.setenv("NIANGJIA_PROXIES", "*")
    with pytest.raises(ImproperlyConfigured, match="NIANGJIA_PROXIES"):
        importlib.reload(settings)


def asked(proxies: str, *, peer: str, forwarded: str, name: str = "chen") -> int:
    """A wrong password by way of the proxies; returns the status."""
    client = Client()
    inside, answers = client.handler, []

    def handler(environ: dict[str, Any]) -> Any:
        behind_proxies(lambda changed, _: answers.append(inside(changed)) or [], networks(proxies))(environ, None)
        return answers[0]

    client.handler = handler
    said = {"login": name, "password": "nicht-das-passwort"}
    return client.post("/accounts/login/", said, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded).status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "peer", "written"),
    [("", STRANGER, "{}"), (PROXY, PROXY, "{}, " + STRANGER)],
    ids=["no proxy", "one proxy"],
)
def test_a_stranger_who_writes_another_address_each_time_is_locked_all_the_same(
    proxies: str, peer: str, written: str
) -> None:
    found = [asked(proxies, peer=peer, forwarded=written.format(f"198.51.100.{number}")) for number in range(6)]
    assert found == [200] * 4 + [429] * 2
    assert set(AccessAttempt.objects.values_list("ip_address", flat=True)) == {STRANGER}


@pytest.mark.django_db
def test_behind_a_proxy_a_stranger_locks_a_name_for_himself_alone() -> None:
    for _ in range(5):
        asked(PROXY, peer=PROXY, forwarded=STRANGER)
    assert asked(PROXY, peer=PROXY, forwarded=STRANGER) == 429
    assert asked(PROXY, peer=PROXY, forwarded=OTHER) == 200
    # He can't lock the other by saying that he is the other, with the proxy or past it.
    for _ in range(6):
        asked(PROXY, peer=PROXY, forwarded=f"192.0.2.1, {STRANGER}", name="wang")
        asked(PROXY, peer=STRANGER, forwarded="192.0.2.1", name="wang")
    assert asked(PROXY, peer=PROXY, forwarded="192.0.2.1", name="wang") == 200


@pytest.mark.django_db
def test_what_is_no_address_breaks_nothing() -> None:
    assert asked(PROXY, peer=PROXY, forwarded="unknown") == 200


def test_the_server_goes_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    monkeypatch.setattr(type(wsgi.django), "__call__", lambda _, environ, __: found.append(environ["REMOTE_ADDR"]))
    wsgi.application({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": STRANGER}, None)
    wsgi.application({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": STRANGER}, None)
    assert found == [STRANGER, PROXY]


def test_only_a_proxy_says_that_it_was_https() -> None:
    schemes: list[str] = []

    def inside(environ: dict[str, Any], _: Any) -> list[bytes]:
        schemes.append(environ["wsgi.url_scheme"])
        return []

    for peer, proto in ((PROXY, "https"), (STRANGER, "https"), (PROXY, "gopher"), (PROXY, "")):
        environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_PROTO": proto, "wsgi.url_scheme": "http"}
        behind_proxies(inside, ONE)(environ, None)
    assert schemes == ["https", "http", "http", "http"]


# ---- `niangjia check`


def test_the_check_says_who_is_believed(settings: Any) -> None:
    settings.PROXIES = [ip_network("10.0.0.2"), ip_network("192.0.2.0/24")]
    said = {answer.question: answer.said for answer in check.about_settings(production=False)}
    assert "believed of 10.0.0.2, 192.0.2.0/24;" in said["proxies"]
    settings.PROXIES = []
    said = {answer.question: answer.said for answer in check.about_settings(production=False)}
    assert "believed of nobody;" in said["proxies"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("addresses", "verdict"),
    [
        ([PROXY] * 6, check.Verdict.DOUBTFUL),
        ([PROXY] * 4, check.Verdict.GOOD),
        ([PROXY] * 5 + [OTHER], check.Verdict.GOOD),
    ],
    ids=["all from one", "a few from one", "from two"],
)
def test_the_check_wonders_when_all_come_from_one_address(addresses: list[str], verdict: check.Verdict) -> None:
    from allauth.usersessions.models import UserSession

    for number, address in enumerate(addresses):
        user = User.objects.create(username=f"user{number}", name="王芳", created_at=timezone.now())
        UserSession.objects.create(user=user, ip=address, session_key=f"key{number}", user_agent="")
    connection.ensure_connection()
    answer = check.about_visitors(connection.connection)
    assert answer.verdict is verdict
    assert (PROXY in answer.said) is (verdict is check.Verdict.DOUBTFUL)
