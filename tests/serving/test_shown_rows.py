import csv
from io import StringIO

import msgspec
import pytest

from feature_repo.events import EVENT_COLUMNS
from serving.shown_rows import COLUMNS, lines_of
from serving.wire import Context, RecommendationAsk
from tests.serving.fakes import NOW
from tests.serving.test_impressions import a_slate


def test_rows_are_events_of_the_table():
    ask = RecommendationAsk(user_id="ann", context=Context(store_id="soho", channel="app"))
    first, second = csv.reader(lines_of(a_slate(), ask, NOW).splitlines())
    assert tuple(column.name for column in EVENT_COLUMNS) == COLUMNS
    assert {name: told for name, told in zip(COLUMNS, first, strict=True) if told} == {
        "event_id": "r1.1", "event_type": "impression", "occurred_at": NOW.isoformat(), "user_id": "ann",
        "product_id": "p0", "store_id": "soho", "channel": "app", "recommendation_id": "r1",
    }  # fmt: skip
    assert (second[0], second[1], second[4:]) == ("r1.2", first[1], ["p1", *first[5:]])


@pytest.mark.parametrize("odd", ["a,b", '"', 'say "hi"', ",", "zoë 日", "a;b\tc", "'"])
def test_lines_are_those_of_the_csv_module(odd):
    items = [msgspec.structs.replace(item, product_id=f"{item.rank}{odd}") for item in a_slate(3).items]
    slate = msgspec.structs.replace(a_slate(), items=items)
    ask = RecommendationAsk(user_id=odd, context=Context(store_id=odd[::-1]))
    read_back, again = list(csv.reader(lines_of(slate, ask, NOW).splitlines())), StringIO()
    csv.writer(again, lineterminator="\n").writerows(read_back)
    assert again.getvalue() == lines_of(slate, ask, NOW)
    assert [row[3:6] for row in read_back] == [[odd, f"{rank}{odd}", odd[::-1]] for rank in (1, 2, 3)]
