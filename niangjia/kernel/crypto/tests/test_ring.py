import base64
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from niangjia.kernel.crypto.masks import mask_card, mask_identity, mask_name, mask_phone
from niangjia.kernel.crypto.ring import CryptoError, Ring, digest, parse_keys

SM4 = "1:sm4-gcm:" + base64.b64encode(b"k" * 16).decode()
AES = "2:aes-gcm:" + base64.b64encode(b"a" * 32).decode()


@pytest.mark.parametrize("keys", [SM4, AES, f"{SM4},{AES}", f"{AES},{SM4}"])
def test_what_was_sealed_opens(keys: str) -> None:
    ring = parse_keys(keys)
    stored = ring.seal("330681199001011234", "members_person.document_number")
    assert b"330681" not in stored
    assert ring.open(stored, "members_person.document_number") == "330681199001011234"


def test_a_value_copied_to_another_column_does_not_open() -> None:
    ring = parse_keys(SM4)
    with pytest.raises(CryptoError):
        ring.open(ring.seal("x", "a.b"), "a.c")


@pytest.mark.parametrize("keys", [SM4, AES])
def test_a_changed_byte_does_not_open(keys: str) -> None:
    ring = parse_keys(keys)
    stored = bytearray(ring.seal("secret", "a.b"))
    stored[-1] ^= 1
    with pytest.raises(CryptoError):
        ring.open(bytes(stored), "a.b")


def test_the_old_key_still_reads_after_a_new_one_writes() -> None:
    old = parse_keys(SM4)
    stored = old.seal("old", "a.b")
    both = parse_keys(f"{AES},{SM4}")
    assert both.open(stored, "a.b") == "old"
    assert both.seal("new", "a.b")[0] == 2
    with pytest.raises(CryptoError, match="not in the ring"):
        parse_keys(AES).open(stored, "a.b")


@pytest.mark.parametrize(
    "text",
    ["", "1:sm4-gcm", "1:sm4-gcm:???", "1:rot13:" + base64.b64encode(b"k" * 16).decode(), f"{SM4},{SM4}",
     "0:sm4-gcm:" + base64.b64encode(b"k" * 16).decode(), "1:aes-gcm:" + base64.b64encode(b"k" * 16).decode()],
)  # fmt: skip
def test_a_wrong_ring_says_so(text: str) -> None:
    with pytest.raises(CryptoError):
        parse_keys(text)


def test_two_seals_of_one_value_differ_and_its_digests_do_not() -> None:
    ring: Ring = parse_keys(SM4)
    assert ring.seal("same", "a.b") != ring.seal("same", "a.b")
    assert digest("same") == digest("same") != digest("other")
    assert len(digest("same")) == 32


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (mask_name, "林小燕", "林**"),
        (mask_name, "王伟", "王*"),
        (mask_name, "", ""),
        (mask_phone, "13812342013", "138****2013"),
        (mask_phone, "12345", "*****"),
        (mask_identity, "330681199001011234", "33**************34"),
        (mask_identity, "G1234", "*****"),
        (mask_card, "6222021234567890123", "**** 0123"),
        (mask_card, "", ""),
    ],
)
def test_masks(mask, value: str, shown: str) -> None:
    assert mask(value) == shown


def nonces(ring: Ring, count: int) -> list[bytes]:
    return [ring.seal("x", "a.b")[1:13] for _ in range(count)]


@pytest.mark.parametrize("keys", [SM4, AES])
def test_no_two_values_have_the_same_nonce(keys: str) -> None:
    ring = parse_keys(keys)
    with ThreadPoolExecutor(4) as threads:
        drawn = [nonce for part in threads.map(lambda _: nonces(ring, 700), range(4)) for nonce in part]
    assert len({*drawn}) == len(drawn)


def test_a_forked_child_draws_its_own_nonces() -> None:
    ring = parse_keys(SM4)
    nonces(ring, 3)  # some are drawn and not yet used
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(nonces(ring, 20)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 12 * 20)
    assert len(theirs) == 240
    assert not {theirs[at : at + 12] for at in range(0, 240, 12)} & {*nonces(ring, 600)}
