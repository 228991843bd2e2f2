"""One check for every reason that the audit keeps."""

import pytest

from people.reason import MAX_WHY, ReasonFault, checked
from people.secret import References


@pytest.mark.parametrize(
    "why",
    [
        "",
        "a new till",
        "rotated on 2026-11-28",
        "w" * MAX_WHY,
        "ticket 2025-0117",
        "1234 asked",
        "8:00-09:30",
        "4 of 10",
        "anna",
        "v1.2.3 on 10.0.0.12",
        "on 2026-11-28T08:00:00Z",
    ],
)
def test_kept(why):
    assert checked(f" {why} ", ["ann"]) == why


@pytest.mark.parametrize(
    "why",
    [
        "w" * (MAX_WHY + 1),
        "for ann",
        "zoe@x.example asked",
        "asked phone 79 555 66 77",
        "MAIL:zoe",
        "4539.5787.6362.1486",
    ],
)
def test_refused_and_not_repeated(why):
    with pytest.raises(ReasonFault) as fault:
        checked(why, ["ann"])
    assert why not in str(fault.value)


@pytest.mark.parametrize(
    "why",
    [
        "till of card 4000 1234",
        "card no. 40001234",
        "card 4000-1234",
        "4000_1234",
        "4000\u20131234",
        "4000\u00a0.1234",
        "\uff14\uff10\uff10\uff10 1234",
        "card 3333",
        "member no. 33-33",
        "zoe%40x.example",
        "zoe%2540x.example",
    ],
)
def test_numbers_in_groups_are_refused_whoever_it_is_about(why):
    with pytest.raises(ReasonFault):
        checked(why)


@pytest.fixture
def references(tmp_path):
    return References(tmp_path / "identity.key")


ABOUT = {
    "card:33-33": ["3333", "33 33 asked", "33.33", "33%2033", "(33-33)"],
    "card:ab12": ["AB 12", "ab12's", "Ab-12"],
    "app:maria": ["maria asked", "for Maria", "MARIA.", "%6daria"],
    "app:u-12.3": ["for u-12.3", "U-12.3!"],
    "device:a1:B2": ["her a1:B2"],
    "phone:12345": ["1 23 45", "12345"],
    "phone:+4179123": ["+41 79 1 23", "4179-123"],
    "receipt:soho/o1": ["ticket soho/o1"],
    "Ann.Lee": ["ann lee", "ANN-LEE", "annlee", "ann%2elee"],
    "1460": ["14 60", "user 1460"],
}


@pytest.mark.parametrize(("who", "why"), [(who, why) for who, said in ABOUT.items() for why in said])
def test_whom_it_is_about_is_found_in_every_spelling(references, who, why):
    name = references.of(who)
    with pytest.raises(ReasonFault) as fault:
        checked(why, [name], references)
    assert why not in str(fault.value)
    # Of somebody else the same may be kept; a phone with its plus never.
    if "+" not in why:
        others = [references.of(one) for one in ("app:marie", "card:34", "phone:54321", "device:c3", "Ann.Leo", "146")]
        assert checked(why, others, references) == why


def test_less_than_a_whole_identity_is_not_seen(references):
    assert checked("mar 123", [references.of("app:maria"), references.of("card:1234")], references) == "mar 123"
