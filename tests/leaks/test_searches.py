"""A search for what stands elsewhere answers exactly as a search for what stands nowhere."""

from __future__ import annotations

import re
from difflib import unified_diff
from urllib.parse import quote

import pytest

from tests.addresses import address, routes, things
from tests.architecture.test_rights import table
from tests.cast import JOBS, NEIGHBOUR, SUPERIOR, Cast, Corner
from tests.leaks.reading import REACH_BESIDE, text_of, words_in

# Tokens, nonces and times differ from answer to answer and say nothing.
CHANGING = re.compile(
    r'(?<=["=\s])[A-Za-z0-9_-]{22,}(?=["\s])|[A-Za-z0-9]{64}|nonce-[\w+/=-]+|nonce="[^"]*"|ask-[0-9a-f]{8}|\d+(?:\.\d+)?\s?(?:ms|秒)'
)
SEARCHED = ("_list", "_options", "_choices", "search", "_members", "employer_tab")
# Divisions, delivery sites and the catalogue are nobody's secret; the sessions are one's own.
PUBLIC = {
    "organisations:division_options", "members:delivery_site_options", "ui:gallery_options", "ui:gallery_list",
    "usersessions_list", "demands:kind_options",
}  # fmt: skip


def asked_for(corner: Corner) -> list[tuple[str, str]]:
    """What one may know of somebody elsewhere, each with a text of the same shape that means nobody."""
    return [
        (corner.person.name, "无此林燕"),
        (corner.membership.initials, "zzqxx"[: len(corner.membership.initials)]),
        (corner.person.phone, "12499999999"),
        (corner.person.phone[-4:], "9998"),
        (corner.person.document_number, "539999199005179968"),
        (corner.union.name, "无此机关工会"),
        (corner.employer.name, "无此制造公司"),
        (corner.user.name, "无此林燕"),
        (corner.staff_member.name, "无此林燕"),
        (corner.zone.name, "无此片区"),
        (corner.matters.case.number, "SQ20991231-0001"),
        (corner.matters.case.title, "无此助学申请"),
        (corner.matters.demand.asker_name, "无此林燕"),
        (corner.matters.demand.asker_phone, "12499999999"),
    ]


def answer(client, url: str, text: str, headers: dict[str, str]) -> str:
    body = client.get(f"{url}?q={quote(text)}", headers=headers).content.decode()
    return CHANGING.sub("·", body.replace(quote(text), "Q").replace(text, "Q"))


@pytest.mark.parametrize("job", JOBS)
def test_a_search_tells_nothing_of_elsewhere(cast: Cast, job: str) -> None:
    client, known, wrong, asked = cast.client(job), routes(), [], 0
    urls = {
        address(line.route, known[line.route], things(line.kind, cast, job, line.whose))
        for line in table()
        if line.route.endswith(SEARCHED)
        and line.route not in PUBLIC | REACH_BESIDE
        and line.method == "GET"
        and line.expected[job] == "ok"
        and line.route in known
    }
    for url in sorted(urls):
        headers = {"HX-Request": "true", "HX-Target": "list"}
        of_nobody: dict[str, str] = {}  # asked for once: it is the same whoever is looked for beside it
        for whose in (NEIGHBOUR, SUPERIOR):
            for text, nonsense in asked_for(cast.corner(job, whose)):
                asked += 1
                here, nowhere = answer(client, url, text, headers), of_nobody.get(nonsense)
                if nowhere is None:
                    nowhere = of_nobody[nonsense] = answer(client, url, nonsense, headers)
                if here != nowhere:
                    difference = "; ".join(
                        line for line in unified_diff(nowhere.splitlines(), here.splitlines(), n=0, lineterm="")
                    )
                    wrong.append(f"{url} tells “{text}” ({whose}) from “{nonsense}”: {difference[:400]}")
    assert asked > 50
    assert not wrong, f"{len(wrong)} of {asked} for {job}:\n" + "\n".join(wrong)


def test_a_registered_person_elsewhere_is_only_called_registered(cast: Cast) -> None:
    """Somebody who moves must be told so; not where he was, nor how he is called there."""
    clerk, elsewhere = cast.client("CLERK"), cast.corners["south_union"]
    own = cast.corner("CLERK", "own")
    facts = {
        "document_kind": elsewhere.person.document_kind, "document_number": elsewhere.person.document_number,
        "organisation": own.union.pk, "name": "林小燕", "joined_on": "2026-01-05",
    }  # fmt: skip
    for url in ("/desk/members/document/", "/desk/members/add/"):
        text = text_of(clerk.post(url, facts))
        assert "登记" in text
        assert not words_in(text, elsewhere.markers - {elsewhere.person.document_number[-4:]})


def test_what_stands_here_is_told(cast: Cast) -> None:
    """Else the sameness above would show nothing."""
    client, corner = cast.client("CHAIR"), cast.corners["north_union"]
    for text in (corner.person.name, corner.person.phone[-4:], corner.person.document_number):
        assert corner.person.name in text_of(client.get("/desk/members/", {"q": text}))
    assert corner.employer.name in text_of(client.get("/desk/search/", {"q": corner.employer.name}))
