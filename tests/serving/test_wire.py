from typing import get_type_hints

import msgspec
import pytest

from feature_repo.events import MAX_ID_LENGTH, MAX_PRICE_CENTS, MAX_QUANTITY
from serving import asked, parts, wire, wire_offers, wire_till
from serving.problems import Problem
from serving.wire import Cents, Id, Locale
from serving.wire_till import BasketLine
from tests.serving.fakes import NOW


def reads(kind, value):
    try:
        msgspec.convert(value, type=kind)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("text", ["a", "card:12/3", "安" * MAX_ID_LENGTH, " ", "-", "\u2028"])
def test_ids_are_any_printable_text(text):
    assert reads(Id, text)


@pytest.mark.parametrize("text", ["", "a" * (MAX_ID_LENGTH + 1), "\n", "a\n", "\x00", "a\x7f", "a\x9f", None, 1])
def test_what_is_no_id(text):
    assert not reads(Id, text)


LOCALES = {"en": True, "zh_Hans_CN": True, "pt-BR": True, "e": False, "en\n": False, "../x": False}


@pytest.mark.parametrize(("text", "good"), LOCALES.items())
def test_locales_look_like_locales(text, good):
    assert reads(Locale, text) is good


def test_money_and_quantities_stop_where_the_schema_says():
    assert reads(Cents, MAX_PRICE_CENTS)
    assert not reads(Cents, MAX_PRICE_CENTS + 1)
    assert not reads(Cents, -1)
    assert reads(BasketLine, {"product_id": "p", "quantity": MAX_QUANTITY})
    assert not reads(BasketLine, {"product_id": "p", "quantity": MAX_QUANTITY + 1})


@pytest.mark.parametrize("module", [wire, wire_till, wire_offers])
def test_every_request_refuses_what_it_does_not_know(module):
    asks = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, wire.Ask) and v is not wire.Ask]
    assert asks
    for kind in asks:
        assert kind.__struct_config__.forbid_unknown_fields
        assert kind.__struct_config__.frozen


def test_times_must_be_of_this_world():
    assert asked.plausible(NOW, "/t") is NOW
    with pytest.raises(Problem, match="implausible_time"):
        asked.plausible(NOW.replace(year=2200), "/t")


def test_handlers_are_given_the_parts_and_nothing_global():
    assert "bundle" in parts.Parts.__dataclass_fields__
    assert get_type_hints(asked.Reply)["body"]
