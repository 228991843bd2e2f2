"""A key is for a store that exists, where any store is known."""

from datetime import timedelta

import pytest

from offers.desk import open_desk
from river import admin
from river.known_stores import stores_known
from serving.keys import KeyFault
from tests import world
from tests.offers.desk_world import SOHO
from tests.river.test_admin import NOW, login, settings  # noqa: F401
from training.ingest import ingest


def test_where_no_store_is_known_any_may_be_named(settings):  # noqa: F811
    assert admin.create_key(settings, "pos", "soon", NOW).store_id == "soon"


@pytest.mark.parametrize("door", ["lake", "ledger"])
def test_a_store_that_does_not_exist_has_no_key(settings, tmp_path, door):  # noqa: F811
    if door == "lake":
        ingest(settings.lake, stores=world.write(tmp_path / "given")["stores"], now=NOW + timedelta(days=900))
    desk = open_desk(settings.ledger_url)
    if door == "ledger":
        desk.put_stores([SOHO], NOW)
    assert "soho" in stores_known(settings, desk.journal.engine)
    desk.journal.close()
    with pytest.raises(KeyFault, match=r"no store has this id; there are .*soho"):
        admin.create_key(settings, "pos", "sohoo", NOW)
    assert admin.list_keys(settings, NOW) == []
    assert admin.create_key(settings, "pos", "soho", NOW).store_id == "soho"
    assert admin.create_key(settings, "pos", None, NOW).store_id is None
