"""Calendar and office hours are changed on pages of this room; cases have the rights of their kind."""

from niangjia.kernel.worktime.permissions import Permission

__all__ = ["Permission"]
