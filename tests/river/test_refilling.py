from contextlib import closing
from datetime import timedelta

import polars as pl

from people.identity import receipt
from river.links import take_links
from river.refilling import Refill, everybody
from river.steps import open_desk
from river.stock import Stock
from serving.tables import prepare
from settings import Settings
from tests import world
from tests.river.test_keeping import Marks
from tests.training.test_held import AT, line
from training.lake import append_events
from training.parts import write_whole


def test_it_is_due_until_all_are_reckoned_and_again_when_it_was_emptied_meanwhile(caplog):
    marks = Marks()
    refill = Refill(marks)
    assert not refill.is_due(AT)
    marks.is_whole = False
    assert refill.is_due(AT)
    marks.is_pledged = False  # as the store was emptied once more
    refill.done()
    assert refill.is_due(later := AT + timedelta(minutes=3))
    refill.done()
    assert marks.at == later, "all that was known as it began, not as it ended"
    assert not refill.is_due(later)
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "online store was emptied",
        "everybody's history is in the online store again",
    ]


def test_everybody_are_those_of_lines_and_those_who_bear_ids_or_tickets(tmp_path):
    settings = Settings(home=tmp_path)
    with open_desk(settings) as desk:
        prepare(desk.journal.engine)
        write_whole(settings.lake / "stores.parquet", world.stores())
        rows = [line("e0"), line("e1", user=None, order="7"), line("e2", "view", user="vic")]
        append_events(settings.lake, pl.DataFrame([{**row, "occurred_at": AT} for row in rows]))
        for one, other in (("card:1", "zoe"), (receipt("soho", "7"), "tim")):
            told = {"identity": one, "other": other, "evidence": f"leaflet {len(one)}", "occurred_at": AT}
            assert take_links(settings, [told], "links.csv", AT).accepted == 1
        with closing(Stock(settings.lake, desk.journal.engine)) as stock:
            found = everybody(desk.journal.engine, stock)
    assert found >= {"ann", "zoe", "tim"}
    assert "vic" not in found
