"""Personal data in the clear is refused wherever an id may stand; who it is about may be named by an identity."""

import json
import random
import re
from functools import partial

import msgspec
import pytest

from people.plain import SUSPECT_ID
from people.spelling import NULL_WORDS
from serving import privacy
from serving.plain import check_word, impersonal, is_suspect
from serving.problems import Problem
from serving.wire import RecommendationAsk
from serving.wire_events import EventsAsk
from serving.wire_till import SaleAsk

LINES = [{"product_id": "p00", "unit_price_cents": 1}]
PLAIN = ("ann@example.com", "+41 79 123 45 67", "4111 1111 1111 1111", "card:4111")


def body(kind, **told):
    return msgspec.json.encode(told), kind


@pytest.mark.parametrize("text", PLAIN)
@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        (lambda text: {"order_id": text, "store_id": "s0", "lines": LINES}, "/order_id"),
        (lambda text: {"order_id": "o", "store_id": "s0", "lines": [{"product_id": text, "unit_price_cents": 1}]},
         "/lines/0/product_id"),
    ],
)  # fmt: skip
def test_a_body_says_where(text, place, pointer):
    with pytest.raises(Problem) as caught:
        impersonal(*body(SaleAsk, **place(text)))
    assert (caught.value.status, caught.value.code) == (400, "personal_data")
    assert pointer in str(vars(caught.value))
    assert text not in str(vars(caught.value))


def test_escaped_letters_hide_nothing():
    raw = b'{"order_id": "ann\\u0040example.com", "store_id": "s0", "lines": [{"product_id": "p"}]}'
    with pytest.raises(Problem):
        impersonal(raw, SaleAsk)


def test_who_it_is_about_is_left_to_whoever_hashes_it():
    for text in PLAIN:
        assert impersonal(*body(RecommendationAsk, user_id=text)).user_id == text
        assert check_word(text, "path/user_id") == text
        with pytest.raises(Problem):
            check_word(text, "path/offer_id")


def test_plain_words_pass_and_events_are_judged_one_by_one():
    told = {"order_id": "o-2025-11-16 0001", "store_id": "@", "lines": LINES, "till_time": "2025-11-16T08:00:00+01:00"}
    assert impersonal(*body(SaleAsk, **told)).order_id == told["order_id"]
    raw = b'{"events": [{"event_id": "ann@example.com"}]}'
    assert len(impersonal(raw, EventsAsk).events) == 1


def test_one_bad_event_leaves_its_neighbours(world):
    good = {"event_type": "view", "occurred_at": "2026-03-02T13:00:00Z", "product_id": "p00"}
    events = [{**good, "order_id": "ann@example.com"}, good, {**good, "user_id": "ann@example.com"}]
    taken = world.ask("POST", "/v1/events", "pos", json={"events": events}).json()
    codes = [(one["index"], one["code"]) for one in taken["rejected"]]
    assert (taken["accepted"], codes) == (1, [(0, "personal_data"), (2, "bad_identity")])


def test_a_request_id_that_says_something_is_replaced(world):
    for wished, kept in (("r-1", True), ("+41791234567", False), ("mail:ann", False)):
        answer = world.ask(
            "POST", "/v1/recommendations", "app", json={"user_id": "u00"}, headers={"X-Request-Id": wished}
        )
        assert (answer.headers["x-request-id"] == wished) is kept


def test_a_persons_page_is_refused_by_a_bare_address(world):
    assert privacy.consent
    for path in ("users/ann@example.com", "users/4111111111111111/consent"):
        assert world.ask("GET", f"/v1/{path}", "admin").json()["code"] == "bad_identity"


NOTHING = (
    "undefined",
    "null",
    "nan",
    "None",
    "[object Object]",
    " a",
    "a ",
    "a\u200b",
    "a\U00013439",
    "\u00a0a",
    "\ufffd",
)
SOMETHING = ("undefined1", "Nan", "a b", "\U00013000")


@pytest.mark.parametrize(("texts", "refused"), [(NOTHING, True), (SOMETHING, False)])
def test_a_word_for_nothing_is_no_id_wherever_one_may_stand(texts, refused):
    """Or an app with a fault makes one person, or one order, of all who have none."""
    bodies = (
        (RecommendationAsk, lambda text: {"user_id": text}),
        (RecommendationAsk, lambda text: {"context": {"cart": ["p", text]}}),
        (SaleAsk, lambda text: {"order_id": text, "store_id": "s0", "lines": LINES}),
    )
    for text in texts:
        raws = [
            (json.dumps(told(text), ensure_ascii=escaped, separators=separators).encode(), kind)
            for kind, told in bodies
            for escaped in (True, False)
            for separators in ((",", ":"), (" , ", " : "))
        ]
        asks = [partial(impersonal, *raw) for raw in raws]
        asks += [partial(check_word, text, f"path/{place}") for place in ("user_id", "offer_id")]
        for ask in asks:
            if refused:
                with pytest.raises(Problem) as caught:
                    ask()
                assert (caught.value.status, caught.value.code) == (400, "invalid_field")
            else:
                ask()
    assert check_word("none", "/ruling") == "none"
    assert check_word("a" * 400, "/sales/0/token") == "a" * 400
    told = {"user_id": "u", "filter": {"categories": ["None"]}}
    assert impersonal(json.dumps(told).encode(), RecommendationAsk).filter.categories == ("None",)


@pytest.mark.parametrize(
    "user_id", ["undefined", "null", "NaN", "%ff", "%fe", "%ed%a0%80", "%ef%bf%bd", "%20a", "a%20", "a%e2%80%8b"]
)
def test_a_path_that_names_nobody_is_refused_at_every_call_of_a_person(world, user_id):
    for method, path, told in (
        ("POST", "consent", {"json": {"offers": False}}), ("GET", "consent", {}), ("DELETE", "", {}), ("GET", "", {}),
        ("GET", "export", {}),
        ("POST", "links", {"json": {"links": [{"identity": "card:1", "evidence": "e", "occurred_at": "2026-03-02T13:00:00Z"}]}}),
    ):  # fmt: skip
        answer = world.ask(method, f"/v1/users/{user_id}/{path}".rstrip("/"), "admin", **told)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field"), (method, path)


def test_a_link_to_nobody_is_rejected_and_its_neighbours_are_not(world):
    row = {"evidence": "e", "occurred_at": "2026-03-02T13:00:00Z"}
    names = ("undefined", "card:null", "a\u200b", "\ufffd", "card:77")
    rows = [{**row, "identity": name} for name in names] + [{**row, "identity": "card:78", "evidence": "null"}]
    taken = world.ask("POST", "/v1/users/u01/links", "admin", json={"links": rows}).json()
    codes = ["null_word", "bad_identity", "control_character", "bad_encoding", "null_word"]
    assert (taken["accepted"], [one["code"] for one in taken["rejected"]]) == (1, codes)


def test_texts_come_in_in_one_form_wherever_they_stand():
    apart, one = "cafe\u0301", "caf\u00e9"
    for raw in (json.dumps, lambda told: json.dumps(told, ensure_ascii=False)):
        told = {"user_id": apart, "context": {"store_id": apart, "cart": ["p", apart]}, "filter": {"include": [apart]}}
        asked = impersonal(raw(told).encode(), RecommendationAsk)
        assert (asked.user_id, asked.context.store_id, asked.context.cart) == (one, one, ("p", one))
        assert asked.filter.include == (one,)
    assert check_word(apart, "path/user_id") == one


def test_a_text_that_is_too_long_in_the_one_form_is_refused():
    with pytest.raises(Problem) as caught:
        impersonal(json.dumps({"user_id": "\u0958" * 65}).encode(), RecommendationAsk)
    assert caught.value.status == 400


# What the looks at a body's bytes are to find, as one expression.
SUSPECT = re.compile(
    rf"\\|{SUSPECT_ID}|[:,\[]\s*\"\s|\s\"\s*[,}}\]]|\"(?:{'|'.join(map(re.escape, NULL_WORDS))})\"".encode()
)
PIECES = ('"', '"', " ", "\n", ":", ",", "[", "]", "}", "DE", "ch", "x", "n", "l", "0", "(", "12", "4444", ".", "-", "_", 
          "999999", "123456789", '"null"', '"none"', "a", "@", "%", "+", "\\", "é")  # fmt: skip


def test_the_looks_find_what_one_expression_does():
    rng, found = random.Random(7), [0, 0]
    for n in range(30_000):
        raw = f"{{{''.join(rng.choices(PIECES[: 26 if n % 4 else None], k=rng.randint(1, 14)))}}}".encode()
        expected = SUSPECT.search(raw) is not None
        assert is_suspect(raw) == expected, raw
        found[expected] += 1
    assert min(found) > 8_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("o-1", False), ("1234-5678-901", True), ("123-5678-901", False), ("1234 567890.", True), ("1" * 14, False),
        ("1" * 15, True), ("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5", True), ("CH93 0076 2011 623", True), ("xCH9300762011623", False),
        ("tel.0791", True), ("tal.0791", True), ("tax.0791", False), ("n :", True), ("x :", False), (" a", True), ("a ", True),
        ("none", True), ("nones", False), ("a@b", True), ("50%", True), ("1+1", True), ("é", True), ("a\\b", True),
    ],
)  # fmt: skip
def test_what_is_suspect(text, expected):
    raw = f'{{"order_id": "{text}"}}'.encode()
    assert is_suspect(raw) is expected
    assert (SUSPECT.search(raw) is not None) is expected
