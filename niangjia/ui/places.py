"""The organisations by name, as the room that keeps them knows them: for labels, pickers and "where one works now"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpRequest

from niangjia.kernel.access.actor import Actor


class Found(NamedTuple):
    id: int
    name: str
    small_print: str
    path: str


@dataclass(frozen=True)
class Directory:
    """`names` by id for labels; `seen` one in the actor's sight; `find` those that a text means; `here` where one works."""

    names: Callable[[Iterable[int]], dict[int, str]]
    seen: Callable[[Actor, int], Found | None]
    find: Callable[[Actor, str], list[Found]]
    here: Callable[[HttpRequest], Found | None]


_directory: list[Directory] = []


def register_directory(directory: Directory) -> None:
    _directory[:] = [directory]


def directory() -> Directory:
    return _directory[0]
