"""Personal data in the clear is seen, and ids that only look a little like it are let through."""

import pytest

from people.identity import IdentityFault
from people.plain import is_plain, is_plain_person, passes_luhn, tells_of_somebody
from people.secret import References

MAILS = ("ann.lee@example.com", "a@b.co")
PHONES = ("+41791234567", "+41 79 123 45 67", "+1 (212) 555-0100")
GROUPED = ("4111 1111 1111 1111", "4111-1111-1111-1111", "3782 8224 6310 005")
BARE = ("4111111111111111", "378282246310005", "5500005555555559")
IDS = (
    "ann", "17", "2469", "0041791234567", "41791234567", "card-" + "0f" * 16, "app:ann@home.org", "o:17", "o-2025-11-16",
    "4111111111111112", "7111111111111115", "+1", "@home", "2025-11-16 08:00", "550e8400-e29b-41d4-a716-446655440000", "",
)  # fmt: skip


@pytest.mark.parametrize("text", [*MAILS, *PHONES, *GROUPED])
def test_seen_in_every_id(text):
    assert is_plain(text)
    assert is_plain_person(text)


@pytest.mark.parametrize("text", BARE)
def test_a_bare_card_is_seen_where_a_person_is_named(text):
    assert (is_plain(text), is_plain_person(text)) == (False, True)


@pytest.mark.parametrize("text", IDS)
def test_let_through(text):
    assert not is_plain(text)
    assert not is_plain_person(text)


@pytest.mark.parametrize("text", ["mail:a@b.co", "phone:1", "card:"])
def test_an_identity_names_a_person_and_nothing_else(text):
    assert (is_plain(text), is_plain_person(text)) == (True, False)


@pytest.mark.parametrize("text", [*MAILS, *PHONES, *GROUPED, *BARE])
def test_no_reference_is_made_of_it_and_the_fault_does_not_say_it(tmp_path, text):
    with pytest.raises(IdentityFault, match="mail:, phone: or card:") as fault:
        References(tmp_path / "key").of(text)
    assert text not in str(fault.value)


def test_luhn():
    assert [passes_luhn(n) for n in ("79927398713", "79927398710", "0")] == [True, False, True]


@pytest.mark.parametrize(
    "text",
    [
        *(f"see {one}, please" for one in (*MAILS, *PHONES, *GROUPED, *BARE)),
        "ring 079 123 45 67", "0791234567", "079/123.45.67", "order 123456789", "it was card:4000", "phone: hers",
        "ann called", "(ann)", "card-" + "0f" * 16 + " was found",
    ],
)  # fmt: skip
def test_prose_that_tells_of_somebody_is_seen(text):
    assert tells_of_somebody(text, ["ann", "card-" + "0f" * 16])


@pytest.mark.parametrize(
    "text",
    [
        "asked them",
        "annual review",
        "joanna's shift",
        "on 2025-11-01 08:00",
        "ticket 12345678",
        "a card found",
        "3 x 250 g",
        "",
    ],
)
def test_prose_that_tells_of_nobody_is_let_through(text):
    assert not tells_of_somebody(text, ["ann", "card-" + "0f" * 16])
