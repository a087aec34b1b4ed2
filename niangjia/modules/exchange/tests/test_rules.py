from datetime import UTC, datetime, timedelta

import pytest

from niangjia.kernel.errors import Refused
from niangjia.modules.exchange.rules import (
    WAITS,
    ensure_address,
    ensure_code,
    next_try,
    signature,
    signature_problem,
)

NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
SAID = {"method": "POST", "path": "/api/v1/demands", "time": "2026-11-22T09:00:00+08:00", "body": b'{"number": "1"}'}


def test_the_signature_is_the_one_worked_out_by_hand() -> None:
    # printf 'POST\n/api/v1/demands\n2026-11-22T09:00:00+08:00\n%s' "$(printf '{"number": "1"}' | sha256sum | cut -c-64)" |
    # openssl dgst -sha256 -hmac secret
    assert signature("secret", **SAID) == BY_HAND


BY_HAND = "03f42aa2094b6c4142f21c0687af94a923049a820053415d40a21b608cb32844"


@pytest.mark.parametrize(
    "other",
    [
        {"method": "GET"}, {"path": "/api/v1/demands/1"}, {"time": "2026-11-22T09:00:01+08:00"}, {"body": b"{}"},
    ],
)  # fmt: skip
def test_whatever_is_changed_changes_the_signature(other) -> None:
    assert signature("secret", **(SAID | other)) != BY_HAND


@pytest.mark.parametrize(
    ("given", "time", "said"),
    [
        (BY_HAND, SAID["time"], None),
        (BY_HAND.upper(), SAID["time"], None),
        ("0" * 64, SAID["time"], "签名不对"),
        ("", SAID["time"], "签名不对"),
        ("签名", SAID["time"], "签名不对"),
        (BY_HAND, "2026-11-22T09:05:00+08:00", None),
        (BY_HAND, "2026-11-22T09:05:01+08:00", "超过 5 分钟"),
        (BY_HAND, "2026-11-22T08:54:59+08:00", "超过 5 分钟"),
        (BY_HAND, "2026-11-22T09:00:00", "带时区"),
        (BY_HAND, "昨天", "带时区"),
        (BY_HAND, "", "带时区"),
    ],
)
def test_who_is_believed(given, time, said) -> None:
    problem = signature_problem(given, BY_HAND, time=time, now=NOW)
    assert problem is None if said is None else said in (problem or "")


def test_a_message_is_tried_for_three_days_and_longer_waits_follow_shorter_ones() -> None:
    assert sum(WAITS, timedelta()) > timedelta(days=3)
    assert list(WAITS) == sorted(WAITS)
    assert next_try(1, NOW) == NOW + timedelta(minutes=1)
    assert next_try(len(WAITS), NOW) == NOW + WAITS[-1]
    assert next_try(len(WAITS) + 1, NOW) is None


@pytest.mark.parametrize(
    ("address", "secure", "fine"),
    [
        ("https://12345.example.gov.cn/hook?x=1", True, True),
        ("", True, True),
        ("http://10.1.2.3/hook", True, False),
        ("http://10.1.2.3:8080/hook", False, True),
        ("ftp://example.cn/", False, False),
        ("https://user:word@example.cn/", False, False),
        ("https:///hook", False, False),
        ("javascript:alert(1)", False, False),
    ],
)
def test_addresses(address, secure, fine) -> None:
    if fine:
        assert ensure_address(address, secure_only=secure) == address
    else:
        with pytest.raises(Refused):
            ensure_address(address, secure_only=secure)


@pytest.mark.parametrize("code", ["", "1abc", "市12345", "a", "x" * 40, "a b"])
def test_codes_that_are_none(code) -> None:
    with pytest.raises(Refused):
        ensure_code(code)
    assert ensure_code(" City-12345 ") == "city-12345"
