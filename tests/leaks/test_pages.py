"""No page, part of a page, printed list or count says a word of what stands elsewhere in the tree."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.addresses import address, routes, things
from tests.architecture.test_rights import table
from tests.cast import JOBS, NEIGHBOUR, Cast
from tests.leaks.reading import REACH_BESIDE, text_of, words_in

DRAWER = {"HX-Request": "true", "HX-Target": "drawer-body"}
TABLE = {"HX-Request": "true", "HX-Target": "list"}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def readable(cast: Cast, job: str) -> Iterator[tuple[str, dict[str, str]]]:
    """All that this officer may read, in every form in which it is answered."""
    known = routes()
    for line in table():
        if line.method != "GET" or line.expected[job] != "ok" or line.route not in known.keys() - REACH_BESIDE:
            continue
        url = address(line.route, known[line.route], things(line.kind, cast, job, line.whose))
        yield url, {}
        if line.route.endswith(("_list", "_members", "employer_tab", ":applications", ":requests", ":joining_codes")):
            yield f"{url}?all=1", TABLE
            yield f"{url}?print=1", {}
            yield f"{url}?count=1", {}
        elif line.kind == "-":
            # Somebody writes another's number into the address.
            corner = cast.corner(job, NEIGHBOUR)
            yield f"{url}?organisation={corner.organisation.pk}", {}
            yield f"{url}?organisation={corner.union.pk}&q=", {}
        else:
            yield url, DRAWER


@pytest.mark.parametrize("job", JOBS)
def test_nothing_is_said_of_what_stands_elsewhere(cast: Cast, job: str) -> None:
    client = cast.client(job)
    client.raise_request_exception = False
    foreign, secrets = cast.foreign_words(job), cast.secrets()
    others = {word for owner, mine in cast.belongings.items() if owner != job for word in mine.markers}
    wrong, read = [], 0
    for url, headers in readable(cast, job):
        response = client.get(url, headers=headers)
        text = text_of(response)
        read += 1
        said = words_in(text, foreign | others)
        shown = [number for number in secrets if number in text]
        if said or shown or response.status_code >= 500:
            wrong.append(f"{response.status_code} {url} {headers.get('HX-Target', '')} says {said + shown}")
    assert read > 50
    assert not wrong, f"{len(wrong)} of {read} for {job}:\n" + "\n".join(wrong)


def test_the_words_would_be_found(cast: Cast) -> None:
    """The same reading finds what does stand there: a test that can't fail shows nothing."""
    text = text_of(cast.client("CHAIR").get("/desk/members/"))
    corner = cast.corners["north_union"]
    assert words_in(text, {corner.person.name, corner.union.name, corner.person.phone[-4:]})
