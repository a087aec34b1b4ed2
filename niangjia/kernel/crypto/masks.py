"""How personal values look until somebody gives a reason to see them."""

from __future__ import annotations

import re


def mask_name(name: str) -> str:
    """林小燕 → 林**; a compound surname is not told apart, one character is enough to address."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


# Shorter ones would show more than they hide.
_SHORTEST_PHONE, _SHORTEST_IDENTITY, _CARD_TAIL = 8, 6, 4


def mask_phone(phone: str) -> str:
    """13812342013 → 138****2013."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= _SHORTEST_PHONE else "*" * len(phone)


def mask_identity(number: str) -> str:
    """First and last two characters stay: enough to check against a card in the hand."""
    return (
        number[:2] + "*" * (len(number) - 4) + number[-2:] if len(number) >= _SHORTEST_IDENTITY else "*" * len(number)
    )


def mask_card(number: str) -> str:
    """Only the last four digits of a bank card, as banks print it."""
    return "**** " + number[-_CARD_TAIL:] if len(number) > _CARD_TAIL else "*" * len(number)


_LONG_NUMBER = re.compile(r"\d{7,}[\dXx]?", re.ASCII)


def mask_numbers(text: str) -> str:
    """A text that somebody's number may have slipped into: a cell of a sheet, one column too far to the right."""
    return _LONG_NUMBER.sub(lambda found: mask_identity(found[0]), text)
