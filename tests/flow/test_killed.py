"""Killed under load, the service neither loses nor doubles an event. `make bench-person` does the same with fifty kills."""

import tempfile

import pytest

from bench.person_killed import figures, killed
from bench.person_tills import Shop
from settings import Settings
from tests.flow import served_home
from tests.flow.ports import free_port


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    home = tmp_path_factory.mktemp("killed")
    secrets = served_home.fill(home)
    settings = Settings(home=home, port=free_port(), workers=2)
    return settings, Shop(
        settings.host, settings.port, secrets["app"], served_home.world.PRODUCTS, "soho", "America/New_York"
    )


@pytest.fixture
def room(monkeypatch):
    """Where those who are killed leave their folders. Short, as sockets may stand in it."""
    with tempfile.TemporaryDirectory(prefix="dp", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield


@pytest.mark.usefixtures("room")
def test_no_event_is_lost_or_doubled_and_the_features_add_up(place):
    settings, shop = place
    tally = killed(settings, shop, 3)
    counts = tally.counts
    assert counts.n_events > 500
    assert tally.n_unanswered > 3
    assert (counts.n_lost, counts.n_doubled, counts.off, counts.behind) == (0, 0, [], [])
    assert all(row["met"] for row in figures(tally))
