import json
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import bench.demo
import bench.river
from bench.client import Client, wait_ready
from bench.demo_data import DemoError
from bench.demo_people import choose, days_came
from bench.demo_tour import basket_for, write_tour
from settings import Settings

MOMENT = pl.Datetime("us", "UTC")
OFFER = {
    "user_id": "ann",
    "coupon_code": "AAAA",
    "campaign_id": "c",
    "product_id": "latte",
    "store_id": "soho",
    "price_cents": 450,
    "valid_from": "2026-11-23T08:00:00-05:00",
}


def test_the_demo_asks_for_a_free_port_before_it_works_for_minutes(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(home=tmp_path / "home", port=taken.getsockname()[1])
        with pytest.raises(DemoError, match="DAYPART_PORT"):
            bench.demo.run(settings, "cafe", True, datetime.now().astimezone())
    assert not settings.home.exists()


def test_an_unknown_data_set_is_named(tmp_path):
    with pytest.raises(DemoError, match="complete-journey, cafe"):
        bench.demo.run(Settings(home=tmp_path), "movies", True, datetime.now().astimezone())


def test_shown_are_people_with_coupons_and_one_without(tmp_path):
    settings = Settings(home=tmp_path)
    settings.features.mkdir()
    users = [f"u{n:02d}" for n in range(20)]
    pl.DataFrame({"user_id": users}).write_parquet(settings.features / "user_profile.parquet")
    shown = choose(settings, {user: OFFER for user in users if user != "u07"})
    assert len(shown) == len(set(shown)) == 5
    assert "u07" in shown
    assert choose(settings, {}) == users[:5]
    assert choose(settings, {}, ["u19", "u03"])[:2] == ["u19", "u03"]


def test_days_are_counted_back_from_the_newest_features(tmp_path):
    settings = Settings(home=tmp_path)
    settings.features.mkdir()
    new = datetime(2026, 11, 28, tzinfo=UTC)
    days = [new - timedelta(days=n) for n in (40, 28, 3, 1)]
    rows = [
        ("ann", [int(day.timestamp()) for day in days], new),
        ("ann", [int(day.timestamp()) for day in days[:1]], new - timedelta(days=40)),
        ("bob", [], new),
    ]
    frame = pl.DataFrame(
        rows, schema={"user_id": pl.String, "at_s": pl.List(pl.Int64), "event_timestamp": MOMENT}, orient="row"
    )
    frame.write_parquet(settings.features / "user_visits.parquet")
    assert [days_came(settings, user) for user in ("ann", "bob", "nobody")] == [3, 0, 0]


def test_the_basket_redeems_inside_the_window():
    basket = basket_for(OFFER, "o1")
    assert basket["till_time"] == "2026-11-23T08:15:00-05:00"
    assert basket["lines"] == [{"product_id": "latte", "quantity": 1, "unit_price_cents": 450}]


def test_the_tour_keeps_its_keys_to_the_owner_and_quotes_for_the_shell(tmp_path, capsys):
    keys = {"app": "dp_app_secret", "pos": "it's", "scheduler": "s", "analyst": "a", "admin": "dp_admin_secret"}
    write_tour(Settings(home=tmp_path), Client("http://127.0.0.1:1", keys), [OFFER])
    path = tmp_path / "demo.env"
    assert path.stat().st_mode & 0o777 == 0o600
    told = subprocess.run(["bash", "-c", f'. {path}; echo "$POS_KEY"; echo "$BASKET"'], capture_output=True, text=True)
    key, basket = told.stdout.splitlines()
    assert key == "it's"
    assert json.loads(basket)["order_id"] == "order-1"
    printed = capsys.readouterr().out
    assert "dp_app_secret" not in printed
    assert "dp_admin_secret" not in printed


def test_a_service_that_ends_at_once_is_told_with_its_last_line(tmp_path):
    (tmp_path / "service.log").write_text("daypart: no artifact\n")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with pytest.raises(DemoError, match="no artifact"):
        wait_ready(gone, Settings(home=tmp_path, port=1))


def test_memory_of_a_process_tree_is_counted():
    grandchild = "x = bytearray(80 << 20); import time; time.sleep(1)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    peak = bench.river._peak_while(subprocess.Popen([sys.executable, "-c", child]))
    assert 80 << 20 < peak < 400 << 20
