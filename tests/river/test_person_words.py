"""A person in words: a table of sentences, both sides of what they turn on."""

from datetime import UTC, datetime, timedelta

import pytest

from river.person_words import LITTLE_DISCOUNT, LITTLE_PRICE, Shown, sentences
from serving.wire_offers import Person
from serving.wire_privacy import Allowed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROFILE = {
    "lifecycle": "active", "segment": "loyal", "recency_days": 5.0, "n_orders": 40, "monetary_cents": 20_000,
    "mean_basket_cents": 500, "usual_store_id": "soho", "usual_channel": "store", "r_score": 4, "f_score": 5, "m_score": 3,
    "gap_days": 7.0, "first_at_s": int(datetime(2025, 10, 20, tzinfo=UTC).timestamp()), "favourite_weekday": 0,
    "weekday_share": 0.5, "favourite_hour": 8, "hour_share": 0.75, "categories": ["drink", "food"],
    "category_shares": [0.7, 0.3], "new_share": 0.2, "discount_share": 0.5, "discount_share_expected": 0.4,
    "price_sensitivity": 0.08, "price_level": 1.2,
}  # fmt: skip


def card(n_visits=30, as_of=NOW, **told):
    return Person(
        user_id="ann", profile={**PROFILE, **told}, profile_as_of=as_of, n_visits=n_visits, n_products=3,
        favourite_product_ids=["latte", "p9"], latest_product_ids=["latte"], features_as_of=as_of, n_open_offers=0,
        identities={"user": 1}, allowed=Allowed(recommend=True, offers=True, measurement=True), said=[],
    )  # fmt: skip


def words(**told):
    names = {"latte": "Latte", "p9": "ICED TEA"}
    return sentences(Shown(card(**told), (), names, {"soho": "SoHo"}), "USD", NOW)


def test_all_of_ann():
    assert words() == [
        "An active customer since 20 October 2025: comes about every 7 days, last 5 days ago.",
        "40 orders for $200.00 in all, $5.00 each. Beside all customers: among those with most orders (recency 4, frequency 5,"
        " money 3, by fifths from 1 to 5, the best).",
        "Orders mostly on Mondays (50% of orders), most between 8:00 and 9:00 (75%); usually at SoHo.",
        "Buys most from: drink (70%), food (30%).",
        "Favourites: latte; iced tea.",
        "Of what they took lately, about 20% was new to them; the rest they had bought before.",
        "Buys more on discount than others do in the same stores: 50% of their purchases, 40% of all that these stores sold.",
        "Within a category, takes things about 20% dearer than is usual.",
        "Has reviewed nothing.",
        "No open offer.",
        "Allows recommendations of their own, offers and learning from what they do (by default: they never said).",
        "Known by one id of your own; no card, phone or app account is linked to it.",
        "As of 2 March 2026, 12:00 UTC, less than an hour ago.",
    ]


SINCE = "20 October 2025"
WEEKLY = "about every 7 days"


@pytest.mark.parametrize(
    ("lifecycle", "n_visits", "says"),
    [
        ("new", 2, f"A new customer: came 2 times since {SINCE}, last 5 days ago."),
        ("new", 1, f"A new customer: came once since {SINCE}, last 5 days ago."),
        (
            "rising",
            30,
            f"A customer who comes more and more: {WEEKLY} since {SINCE}, lately more often; last 5 days ago.",
        ),
        ("at_risk", 30, f"At risk: a customer since {SINCE} who comes {WEEKLY}, and has stayed away for 5 days."),
        ("lapsed", 30, f"Probably lost: came {WEEKLY} from {SINCE} on, and has stayed away for 5 days."),
        ("at_risk", 2, f"At risk: came 2 times since {SINCE}, and not again for 5 days."),
        ("lapsed", 1, f"Probably lost: came once, on {SINCE}, and not again for 5 days."),
        ("active", 2, f"An active customer since {SINCE}: comes {WEEKLY}, last 5 days ago."),
    ],
)
def test_lifecycle(lifecycle, n_visits, says):
    assert words(lifecycle=lifecycle, n_visits=n_visits)[0] == says


MONDAYS = "Orders mostly on Mondays (50% of orders), most between 8:00 and 9:00 (75%)"


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"weekday_share": 0.25}, f"{MONDAYS.replace('50%', '25%')}; usually at SoHo."),
        (
            {"weekday_share": 0.24},
            "Orders on all days, Mondays most (24% of orders), most between 8:00 and 9:00 (75%); usually at SoHo.",
        ),
        ({"usual_channel": "app"}, f"{MONDAYS}; usually at SoHo, through the app."),
        ({"usual_store_id": None, "usual_channel": "web"}, f"{MONDAYS}; usually on the web."),
        ({"usual_store_id": None, "usual_channel": None}, f"{MONDAYS}."),
        ({"usual_store_id": "bund", "n_orders": 2}, "Usually at store bund; too few orders to tell when."),
        (
            {"usual_store_id": None, "usual_channel": None, "n_orders": 2},
            "Too few orders to tell when they come.",
        ),
    ],
)
def test_habits(told, says):
    assert words(**told)[2] == says


@pytest.mark.parametrize(
    ("above", "own", "begins"),
    [
        (LITTLE_DISCOUNT, 0.5, "Buys more on discount than others do"),
        (-LITTLE_DISCOUNT, 0.3, "Buys less on discount than others do"),
        (LITTLE_DISCOUNT - 1e-9, 0.42, "Buys as much on discount as others do"),
        (LITTLE_DISCOUNT - 1e-9, 1.0, "Too few purchases to tell how they take to discounts"),
        (None, None, "How they take to discounts isn't known"),
    ],
)
def test_discounts(above, own, begins):
    told = words(price_sensitivity=above, discount_share=own)
    assert [line.startswith(begins) for line in told].count(True) == 1


@pytest.mark.parametrize(
    ("level", "says"),
    [
        (1 + LITTLE_PRICE + 1e-9, "Within a category, takes things about 5% dearer than is usual."),
        (1 - LITTLE_PRICE - 1e-9, "Within a category, takes things about 5% cheaper than is usual."),
        (1 + LITTLE_PRICE - 1e-9, "Within a category, takes neither the dear things nor the cheap ones."),
    ],
)
def test_price_level(level, says):
    assert says in words(price_level=level)
    assert not any(line.startswith("Within a category") for line in words(price_level=None))


def test_features_of_an_earlier_version_say_what_they_know():
    plain = (
        "lifecycle",
        "segment",
        "recency_days",
        "n_orders",
        "monetary_cents",
        "mean_basket_cents",
        "usual_store_id",
        "usual_channel",
    )
    old = card()
    old.profile.clear()
    old.profile.update({name: PROFILE[name] for name in plain})
    told = sentences(Shown(old), "USD", NOW)
    assert told[0] == "An active customer since an unknown day: comes now and then, last 5 days ago."
    assert told[1].endswith("among those with most orders.")
    assert told[2] == "Usually at store soho; too few orders to tell when."


@pytest.mark.parametrize(
    ("n_visits", "says"),
    [
        (1, "Bought first after the last `daypart features`: 1 visit so far, no profile yet."),
        (0, "Has bought nothing that stands."),
    ],
)
def test_without_a_profile(n_visits, says):
    fresh = card(n_visits)
    fresh.profile.clear()
    told = sentences(Shown(fresh), "USD", NOW)
    assert told[0] == says
    assert not any("discount" in line for line in told)


@pytest.mark.parametrize(("hours", "stale"), [(48, False), (49, True)])
def test_old_numbers_are_told_to_be_old(hours, stale):
    last = words(as_of=NOW - timedelta(hours=hours))[-1]
    assert ("run `daypart features`" in last) == stale
