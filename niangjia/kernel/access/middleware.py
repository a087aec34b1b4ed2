"""Every request gets an actor; rights are asked for anew each time, so an ended job ends at once."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from niangjia.kernel.access.actor import NOBODY, Actor
from niangjia.kernel.access.asking import asked_by
from niangjia.kernel.access.queries import actor_of


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: self._actor(request))  # type: ignore[attr-defined]
        with asked_by(request.actor):  # type: ignore[attr-defined]
            return self.get_response(request)

    @staticmethod
    def _actor(request: HttpRequest) -> Actor:
        user = request.user
        if not user.is_authenticated:
            return NOBODY
        return actor_of(user.pk, now=timezone.now(), name=user.name)
