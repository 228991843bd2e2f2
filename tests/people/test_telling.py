from datetime import UTC, datetime

import pytest

from people.numbering import Ticket
from people.secret import References
from people.telling import claim, micros, told

AT = datetime(2025, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def references(tmp_path):
    return References(tmp_path / "key")


def test_a_link_is_told_in_references_whichever_end_comes_first(references):
    one, tickets = told(references, "phone:+41 79 123 45 67", "ann", "till", "t-1", AT)
    assert one == told(references, "ann", "phone:0041791234567", "till", "t-1", AT)[0]
    assert (one.left, one.source, one.evidence, one.seen_us) == ("ann", "till", "t-1", 1_761_984_000_000_000)
    assert one.right == references.of("phone:+41791234567")
    assert tickets == {}


def test_a_receipt_brings_its_ticket(references):
    one, tickets = claim(references, "ann", "soho", "o/1", AT)
    assert tickets == {one.right: Ticket("soho", "o/1")}
    assert told(references, "receipt:soho/o/1", "ann", "claim", "receipt", AT) == (one, tickets)


@pytest.mark.parametrize(
    ("one", "other", "source", "evidence", "at", "says"),
    [
        ("phone:secret", "ann", "till", "e", AT, "phone: write"),
        ("", "ann", "till", "e", AT, "1 to 128"),
        (" ann", "bob", "till", "e", AT, "no spaces"),
        ("a" * 129, "bob", "till", "e", AT, "1 to 128"),
        ("ann", "card:1", "gossip", "e", AT, "source"),
        ("ann", "card:1", "till", "e" * 129, AT, "evidence"),
        ("ann", "card:1", "till", "", AT, "evidence"),
        ("ann", "card:1", "till", "e", AT.replace(tzinfo=None), "offset"),
        ("receipt:a/1", "receipt:a/2", "till", "e", AT, "receipt"),
    ],
)
def test_what_is_no_link(references, one, other, source, evidence, at, says):
    with pytest.raises(ValueError, match=says) as fault:
        told(references, one, other, source, evidence, at)
    assert "secret" not in str(fault.value)


def test_a_store_with_a_slash_has_no_receipts(references):
    with pytest.raises(ValueError, match="slash"):
        claim(references, "ann", "so/ho", "o1", AT)


def test_moments_are_whole_microseconds():
    assert micros(datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC)) == 1_000_002
