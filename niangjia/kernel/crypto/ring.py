"""The key ring: one key writes, every key of the ring reads.

A stored value is `key id (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`; the column's name is
authenticated with it, so a value copied into another column does not open.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from django.conf import settings

NONCE_BYTES, TAG_BYTES = 12, 16
KEY_BYTES = {"sm4-gcm": 16, "aes-gcm": 32}
HIGHEST_ID, SHORTEST_DIGEST_KEY = 255, 16


class CryptoError(Exception):
    """A key is wrong or missing, or a value was tampered with."""


@dataclass(frozen=True)
class Key:
    id: int
    algorithm: str
    secret: bytes

    def seal(self, plain: bytes, column: bytes) -> bytes:
        return _sealer(self, column)(plain)

    def open(self, stored: bytes, column: bytes) -> bytes:
        nonce, body = stored[1 : 1 + NONCE_BYTES], stored[1 + NONCE_BYTES :]
        try:
            if self.algorithm == "aes-gcm":
                return AESGCM(self.secret).decrypt(nonce, body, column)
            opening = Cipher(SM4(self.secret), GCM(nonce, body[-TAG_BYTES:])).decryptor()
            opening.authenticate_additional_data(column)
            return opening.update(body[:-TAG_BYTES]) + opening.finalize()
        except InvalidTag as error:
            raise CryptoError(f"a value of {column.decode()} does not open: wrong key or changed") from error


class _Nonces:
    """Drawn many at a time: asking the kernel for twelve bytes costs more than the rest of a nonce."""

    AT_ONCE = 512

    def __init__(self) -> None:
        self.drawn: list[bytes] = []
        # A child that went on with its parent's would use the same ones: with GCM that gives the texts away.
        os.register_at_fork(after_in_child=self.drawn.clear)

    def next(self) -> bytes:
        while True:
            try:
                return self.drawn.pop()  # one step, so that no two threads get the same
            except IndexError:
                many = os.urandom(NONCE_BYTES * self.AT_ONCE)
                self.drawn += [many[at : at + NONCE_BYTES] for at in range(0, len(many), NONCE_BYTES)]


_next_nonce = _Nonces().next


@lru_cache(maxsize=64)
def _sealer(key: Key, column: bytes) -> Callable[[bytes], bytes]:
    """How this key seals values of this column; what is the same for all of them is made once."""
    head = bytes([key.id])
    if key.algorithm == "aes-gcm":
        encrypt = AESGCM(key.secret).encrypt

        def seal_by_aes(plain: bytes) -> bytes:
            nonce = _next_nonce()
            return head + nonce + encrypt(nonce, plain, column)

        return seal_by_aes
    algorithm = SM4(key.secret)

    def seal_by_sm4(plain: bytes) -> bytes:
        nonce = _next_nonce()
        sealing = Cipher(algorithm, GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(column)
        return head + nonce + sealing.update(plain) + sealing.finalize() + sealing.tag

    return seal_by_sm4


@dataclass(frozen=True)
class Ring:
    keys: tuple[Key, ...]

    @property
    def writing(self) -> Key:
        return self.keys[0]

    def seal(self, plain: str, column: str) -> bytes:
        return self.sealer(column)(plain.encode())

    def sealer(self, column: str) -> Callable[[bytes], bytes]:
        """For whoever seals many values of a column."""
        return _sealer(self.writing, column.encode())

    def open(self, stored: bytes, column: str) -> str:
        for key in self.keys:
            if key.id == stored[0]:
                return key.open(bytes(stored), column.encode()).decode()
        raise CryptoError(f"key {stored[0]} is not in the ring: add it to NIANGJIA_CRYPTO_KEYS")


def parse_keys(text: str) -> Ring:
    """`id:algorithm:base64key,…`; raises CryptoError with what is wrong."""
    keys = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        try:
            number, algorithm, encoded = part.split(":")
            key = Key(int(number), algorithm, base64.b64decode(encoded, validate=True))
        except ValueError as error:
            raise CryptoError("NIANGJIA_CRYPTO_KEYS wants id:algorithm:base64key, separated by commas") from error
        if KEY_BYTES.get(algorithm) != len(key.secret) or not 1 <= key.id <= HIGHEST_ID:
            raise CryptoError(f"key {number}: sm4-gcm takes 16 bytes, aes-gcm 32, and ids run from 1 to 255")
        keys.append(key)
    if not keys or len({key.id for key in keys}) != len(keys):
        raise CryptoError("NIANGJIA_CRYPTO_KEYS needs at least one key, each with its own id")
    return Ring(tuple(keys))


@lru_cache(maxsize=8)
def _parsed(text: str) -> Ring:
    return parse_keys(text)


def ring() -> Ring:
    return _parsed(settings.CRYPTO_KEYS)


@lru_cache(maxsize=8)
def _keyed(encoded: str) -> hmac.HMAC:
    secret = base64.b64decode(encoded)
    if len(secret) < SHORTEST_DIGEST_KEY:
        raise CryptoError("NIANGJIA_DIGEST_KEY must be base64 of at least 16 bytes")
    return hmac.HMAC(secret, hashes.SM3())


def digest(value: str) -> bytes:
    """HMAC-SM3 of a value, 32 bytes: equal values can be found without opening them."""
    return digester()(value.encode())


def digester() -> Callable[[bytes], bytes]:
    """For whoever digests many values."""
    begun = _keyed(settings.CRYPTO_DIGEST_KEY).copy

    def digest_of(value: bytes) -> bytes:
        keyed = begun()
        keyed.update(value)
        return keyed.finalize()

    return digest_of
