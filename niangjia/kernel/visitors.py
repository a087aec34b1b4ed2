"""Whose address a request has. Behind a proxy every visitor would have the proxy's, and what is counted by
address (wrong passwords, codes, demands) would be counted for all of them together.

What X-Forwarded-For says is believed of the proxies that are named, read from the right: each proxy adds whom it
heard, so what a visitor wrote himself stands further to the left than the first address that is no proxy of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

HERE = "127.0.0.1,::1"
"""A proxy on the same machine."""


def networks(named: str) -> list[Network]:
    """Raises ValueError for what is neither an address nor a network, and for a network of everybody."""
    found = [ip_network(each.strip(), strict=False) for each in named.split(",") if each.strip()]
    if any(not network.prefixlen for network in found):
        raise ValueError("everybody is no proxy")
    return found


def visitor_of(peer: str, forwarded: str, proxies: list[Network]) -> str:
    """The address of whoever asks; without a proxy of ours in between, that of the connection."""
    found = _read(peer)
    if found is None:
        return peer
    for heard in reversed(forwarded.split(",")):
        before = _read(heard)
        if before is None or not any(found in proxy for proxy in proxies):
            break
        found = before
    return str(found)


def behind_proxies(application: Application, proxies: list[Network]) -> Application:
    """REMOTE_ADDR is the visitor's from here on; whether it came by https is the proxy's to say."""

    def asked(environ: dict[str, Any], answer: Any) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        environ["REMOTE_ADDR"] = visitor_of(peer, environ.get("HTTP_X_FORWARDED_FOR", ""), proxies)
        scheme, known = environ.get("HTTP_X_FORWARDED_PROTO", ""), _read(peer)
        if scheme in {"http", "https"} and known and any(known in proxy for proxy in proxies):
            environ["wsgi.url_scheme"] = scheme
        return application(environ, answer)

    return asked


def _read(text: str) -> Address | None:
    """Some proxies add the port: 203.0.113.5:4711, [2001:db8::5]:4711."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
