"""The three ways in which the product says no.

Messages are Chinese sentences for the person at the screen: what is wrong and what to do.
`niangjia.ui.middleware` turns them into pages: Missing 404, NotPermitted 403, Refused 409,
unless a form shows the refusal beside its field first.
"""

from __future__ import annotations


class Refused(Exception):
    """A rule says no. `code` is stable and for programs; `field` names the form field meant."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotPermitted(Exception):
    """In sight, but the actor lacks the right."""

    def __init__(self, message: str = "您没有办理这件事的权限，请联系本单位主席或系统管理员。") -> None:
        super().__init__(message)
        self.message = message


class Missing(Exception):
    """Not there, or out of the actor's sight: the two must look the same."""

    def __init__(self, message: str = "没有找到，可能已被移走，或不在您的管辖范围内。") -> None:
        super().__init__(message)
        self.message = message
