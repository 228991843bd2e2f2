"""Reviews, offers, consent, identities and freshness in words."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from river.standing_words import consent, coupons, fresh, identities, reviews
from serving.wire_privacy import Allowed
from tests.river.test_person_words import NOW, card
from tests.serving.fakes import offer

AT_S = int(datetime(2026, 2, 28, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("n", "stars", "says"),
    [
        (None, None, "Has reviewed nothing."),
        (1, None, "Has reviewed 1 product, without stars; the latest on 28 February 2026."),
        (3, 4.26, "Has reviewed 3 products, about 4.3 of 5 stars; the latest on 28 February 2026."),
    ],
)
def test_reviews(n, stars, says):
    assert reviews({"n_reviews": n, "mean_stars": stars, "last_review_at_s": AT_S}) == says


def test_coupons():
    begins = datetime(2026, 3, 3, 8, tzinfo=ZoneInfo("America/New_York"))
    day = offer(valid_from=begins, valid_until=begins + timedelta(hours=2))
    night = offer("P", valid_from=begins, valid_until=begins + timedelta(hours=20), points=50, store_id="s9")
    assert coupons([day, night], {"p00": "Latte"}, {"s0": "SoHo"}, "USD") == [
        "Open offer: $1.00 off latte, Tuesday 3 March 2026, 08:00 to 10:00, at SoHo.",
        "Open offer: 50 points on latte, Tuesday 3 March 2026, 08:00 to 4 March 2026 04:00, at store s9.",
    ]
    assert coupons([], {}, {}, "USD") == ["No open offer."]


@pytest.mark.parametrize(
    ("yes", "said", "says"),
    [
        ("rom", "rom", "Allows recommendations of their own, offers and learning from what they do."),
        (
            "rm",
            "o",
            "Allows recommendations of their own and learning from what they do, not offers (in part by default).",
        ),
        ("r", "rom", "Allows recommendations of their own, not offers or learning from what they do."),
        ("", "", "Allows nothing (by default: they never said)."),
    ],
)
def test_consent(yes, said, says):
    names = {"r": "recommend", "o": "offers", "m": "measurement"}
    allowed = Allowed(**{name: letter in yes for letter, name in names.items()})
    assert consent(msgspec.structs.replace(card(), allowed=allowed, said=[names[letter] for letter in said])) == says


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ({"user": 1}, "Known by one id of your own; no card, phone or app account is linked to it."),
        ({"card": 2, "phone": 1, "user": 2}, "Known by 2 cards, 1 phone and 2 ids of your own."),
        ({"mail": 2, "user": 1}, "Known by 2 mail addresses and one id of your own."),
        ({"card": 1}, "Known by 1 card."),
    ],
)
def test_identities_are_counted_and_never_named(kinds, says):
    assert identities(kinds) == says


def test_what_came_after_the_profile_is_told():
    later = msgspec.structs.replace(card(), features_as_of=NOW + timedelta(hours=3))
    assert fresh(later, NOW + timedelta(hours=5)) == (
        "As of 2 March 2026, 12:00 UTC, 5 hours ago. Bought something since (2 March 2026, 15:00 UTC), which only the favourites"
        " count yet."
    )
    assert fresh(msgspec.structs.replace(card(), profile_as_of=None, features_as_of=None), NOW) == ""
