"""A file of links goes into the registry, its bad rows into quarantine, and a rerun changes nothing."""

from datetime import UTC, datetime

import pytest

from people.secret import References
from river import steps
from river.consenting import consent
from river.erasing import erase_person
from river.links import link_file
from river.settling import settle_files
from river.who import claim_receipt, rule_link, waiting, who_is
from settings import Settings
from tests import world
from training.parts import DataError

NOW = datetime(2025, 11, 16, 12, tzinfo=UTC)
HEAD = "identity,other,evidence,occurred_at\n"


@pytest.fixture
def settings(tmp_path):
    made = Settings(home=tmp_path / "home")
    world.fill(made.lake)
    return made


def given(tmp_path, *rows):
    file = tmp_path / "links.csv"
    file.write_text(HEAD + "".join(",".join(row) + "\n" for row in rows), "utf-8")
    return file


def test_every_row_is_accepted_known_or_quarantined(settings, tmp_path):
    at = "2025-11-01T08:00:00Z"
    file = given(
        tmp_path,
        ("card:4000 1234", "ann", "login-1", at),
        ("card:4000-1234", "ann", "login-1", at),
        ("phone:secret", "ann", "login-1", at),
        ("card:9", "ann", "login-2", "yesterday"),
        ("receipt:soho/1", "receipt:soho/2", "claim", at),
        ("card:77", "bob", "till-1", at),
        ("card:77", "ann", "till-2", "2025-11-02T08:00:00Z"),
    )
    done = link_file(settings, file, "shell:ada", NOW)
    assert (done.rows, done.accepted, done.duplicates, done.quarantined, done.waiting) == (7, 3, 1, 3, 1)
    assert done.faults == {
        ("identity", "bad_identity"): 1,
        ("occurred_at", "not_a_time"): 1,
        ("other", "two_receipts"): 1,
    }
    text = done.quarantine_file.read_text("utf-8")
    assert [line.split(",")[1] for line in text.splitlines()[1:]] == ["3", "4", "5"]
    assert "secret" not in text
    again = link_file(settings, file, "shell:ada", NOW)
    assert (again.accepted, again.duplicates, again.quarantine_file) == (0, 4, done.quarantine_file)
    with pytest.raises(DataError, match="no such file"):
        link_file(settings, tmp_path / "other.csv", "shell:ada", NOW)


def test_a_file_may_not_bring_back_who_was_erased_until_they_return(settings, tmp_path):
    erase_person(settings, "ann", "shell:ada", NOW)
    file = given(tmp_path, ("card:1", "ann", "login-1", "2025-11-16T13:00:00Z"))
    assert link_file(settings, file, "shell:ada", NOW).faults == {("", "erased"): 1}
    consent(settings, "ann", {"offers": True}, "shell:ada", NOW)
    assert link_file(settings, file, "shell:ada", NOW).accepted == 1


def test_who_is_who_is_told_ruled_and_told_again(settings, tmp_path):
    card = References(settings.identity_secret).of("card:77")
    at = "2025-11-01T08:00:00Z"
    link_file(settings, given(tmp_path, ("card:77", "ann", "login-1", at)), "shell:ada", NOW)
    assert who_is(settings, "card:77")["user_id"] == "ann"
    assert [one["reference"] for one in who_is(settings, "ann")["identities"]] == ["ann", card]
    assert who_is(settings, "nobody") == {"user_id": "nobody", "identities": [], "links": []}
    (link,) = who_is(settings, "ann")["links"]
    assert (link["between"], link["verdict"], link["rulings"]) == (["ann", card], "joined", [])
    ruled = rule_link(settings, link["number"], "rejected", "shell:ada", "a card found", NOW)
    assert ruled == {"number": link["number"], "verdict": "rejected", "ruling": "rejected"}
    assert who_is(settings, "card:77")["user_id"] == card
    (told,) = who_is(settings, "ann")["links"]
    assert told["between"] == ["ann", "card of somebody else"]
    assert [(one["by"], one["ruling"]) for one in told["rulings"]] == [("shell:ada", "rejected")]
    assert rule_link(settings, link["number"], "", "shell:ada", "a mistake", NOW)["verdict"] == "joined"
    with steps.open_desk(settings) as desk, desk.journal.read() as connection:
        acts = connection.exec_driver_sql("SELECT act, subject, actor, why, detail FROM audit ORDER BY seq").all()
    assert [tuple(act) for act in acts] == [
        ("link_ruled", "1", "shell:ada", "a card found", '{"ruling":"rejected"}'),
        ("link_ruled", "1", "shell:ada", "a mistake", '{"ruling":""}'),
    ]
    assert steps.verify_ledger(settings)["differences"] == []


@pytest.mark.parametrize(
    ("number", "ruling", "why", "says"),
    [
        (9, "accepted", "seen", "no link has the number 9"),
        (1, "perhaps", "seen", "rule with"),
        (1, "accepted", "", "say why"),
        (1, "rejected", "ann called", "without naming"),
        (1, "rejected", "call +41 79 123 45 67", "without naming"),
    ],
)
def test_a_ruling_needs_a_link_a_word_and_a_reason_that_names_nobody(settings, tmp_path, number, ruling, why, says):
    link_file(settings, given(tmp_path, ("card:77", "ann", "login-1", "2025-11-01T08:00:00Z")), "shell:ada", NOW)
    with pytest.raises(ValueError, match=says):
        rule_link(settings, number, ruling, "shell:ada", why, NOW)
    with steps.open_desk(settings) as desk, desk.journal.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit").scalar() == 0


def test_a_link_of_the_erased_is_not_ruled_true(settings, tmp_path):
    link_file(settings, given(tmp_path, ("card:77", "ann", "login-1", "2025-11-01T08:00:00Z")), "shell:ada", NOW)
    erase_person(settings, "ann", "shell:ada", NOW)
    with pytest.raises(ValueError, match="erased"):
        rule_link(settings, 1, "accepted", "shell:ada", "seen", NOW)
    assert steps.verify_ledger(settings)["differences"] == []


def test_a_second_claim_of_a_receipt_waits_and_the_queue_pages(settings):
    first = claim_receipt(settings, "ann", "soho", "o99", "shell:ada", NOW)
    second = claim_receipt(settings, "card:5", "soho", "o99", "shell:ada", NOW)
    third = claim_receipt(settings, "cat", "soho", "o99", "shell:ada", NOW)
    assert [one["verdict"] for one in (first, second, third)] == ["joined", "claimed_twice", "two_users"]
    (row,) = waiting(settings, limit=1)
    assert (row["number"], row["reason"], row["occurred_at"]) == (second["number"], "claimed_twice", NOW)
    assert not [name for name in row if name.endswith("_us")]
    assert [row["number"] for row in waiting(settings, after=row["number"])] == [third["number"]]


def test_a_claim_is_told_how_much_of_its_ticket_is_known(settings):
    claims = [("soho", "o15"), ("bund", "o15"), ("soho", "never")]
    for _ in range(2):
        found = [claim_receipt(settings, "ann", *ticket, "shell:ada", NOW) for ticket in claims]
        assert [(one["verdict"], one["lines"]) for one in found] == [("joined", 1), ("joined", 0), ("joined", 0)]
        # The lines stay the ticket's, whoever it was joined to since.
        with steps.open_desk(settings) as desk:
            settle_files(settings, desk)
