"""Whoever asks is known by his own address, also behind a proxy."""

from __future__ import annotations

import pytest

from niangjia.config import wsgi


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("127.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "198.51.100.66, 203.0.113.5", "203.0.113.5"),  # what the visitor wrote himself
        ("203.0.113.5", "198.51.100.66", "203.0.113.5"),  # no proxy of ours
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_visitors_behind_a_proxy_are_counted_apart(
    monkeypatch: pytest.MonkeyPatch, peer: str, forwarded: str, seen: str
) -> None:
    found: list[str] = []
    monkeypatch.setattr(type(wsgi.django), "__call__", lambda _, environ, __: found.append(environ["REMOTE_ADDR"]))
    wsgi.application({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, None)
    assert found == [seen]
