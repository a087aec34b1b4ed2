"""How personal values look until somebody gives a reason to see them."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """林小燕 → 林**; a compound surname is not told apart, one character is enough to address."""
    return name[:1] + "*" * max(1, len(name) - 1) if name else ""


def mask_phone(phone: str) -> str:
    """13812342013 → 138****2013."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "*" * len(phone)


def mask_identity(number: str) -> str:
    """First and last two characters stay: enough to check against a card in the hand."""
    return number[:2] + "*" * (len(number) - 4) + number[-2:] if len(number) > 5 else "*" * len(number)


def mask_card(number: str) -> str:
    """Only the last four digits of a bank card, as banks print it."""
    return "**** " + number[-4:] if len(number) > 4 else "*" * len(number)
