"""The journal says nothing of visits elsewhere, whoever asks in whatever way; and nothing confidential to those beside."""

from __future__ import annotations

import pytest

from tests.cast import NEIGHBOUR, OWN, Cast
from tests.leaks.reading import text_of, words_in

SEEING = ("CHAIR", "CLERK", "AUDITOR")
LISTS = ("", "findings/", "covered/", "proposals/", "follow-ups/", "postings/", "key-employers/")


@pytest.mark.parametrize("job", SEEING)
def test_an_address_made_up_by_hand_finds_nothing_elsewhere(cast: Cast, job: str) -> None:
    client, there = cast.client(job), cast.corner(job, NEIGHBOUR)
    journal, foreign = there.journal, cast.foreign_words(job)
    queries = (
        f"q={there.employer.name}", f"q={journal.liaison.name}", f"employer={there.employer.pk}", f"officer={journal.liaison.pk}",
        f"mine={journal.liaison.pk}", f"place={there.organisation.pk}", f"group={journal.visit_group.pk}",
        f"township={there.organisation.pk}", f"posting={journal.posting.pk}", f"stay={journal.stay.pk}",
        f"visited=yes&place={there.organisation.pk}",
    )  # fmt: skip
    wrong = []
    for name in LISTS:
        for query in queries:
            # What was typed stands in the field again, so the table alone is read.
            response = client.get(f"/desk/visits/{name}?{query}&print=1")
            typed = query.split("=", 1)[1]
            said = [word for word in words_in(text_of(response), foreign) if word not in typed]
            wrong += [f"{name}?{query}: {said}"] if said else []
    weeks = client.get(f"/desk/visits/weeks/?place={there.organisation.pk}")
    wrong += words_in(text_of(weeks), foreign)
    assert not wrong, "\n".join(wrong)


def test_the_words_would_be_found(cast: Cast) -> None:
    own = cast.corner("CHAIR", OWN)
    text = text_of(cast.client("CHAIR").get(f"/desk/visits/?employer={own.employer.pk}&print=1"))
    assert words_in(text, {own.employer.name, own.journal.liaison.name})


@pytest.mark.parametrize("job", SEEING)
def test_a_confidential_finding_is_nowhere(cast: Cast, job: str) -> None:
    """Without a case it is its writer's alone."""
    own = cast.corner(job, OWN)
    finding = own.journal.finding
    finding.is_confidential = True
    finding.save(update_fields=["is_confidential"])
    client = cast.client(job)
    for url in (
        "",
        f"{own.journal.visit.pk}/",
        f"{own.journal.visit.pk}/?print=1",
        "findings/",
        "findings/?q=堂太贵",
        "?with=any",
    ):
        assert finding.text not in text_of(client.get(f"/desk/visits/{url}")), url
    assert client.post(f"/desk/visits/findings/{finding.pk}/reveal/", {"reason": "想看"}).status_code in {403, 404}


@pytest.mark.parametrize("job", SEEING)
def test_numbers_are_masked_on_the_page_of_a_visit(cast: Cast, job: str) -> None:
    visit = cast.corner(job, OWN).journal.visit
    for query in ("", "?print=1"):
        text = text_of(cast.client(job).get(f"/desk/visits/{visit.pk}/{query}"))
        assert not [number for number in cast.secrets() if number in text]
