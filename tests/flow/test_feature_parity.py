"""The same numbers offline and online, feature by feature of every declared view, and as plain Python reckons them: after they
were brought online, after purchases were pushed, and after the next run.

The declarations are walked, so a feature or view that is new and not reckoned in `tests/suites/naive_features.py` fails here.
"""

import asyncio
import re
import runpy
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest
from feast import FeatureView

from embedded import lease_online_store
from embedded.feast_config import FEATURE_REPO
from river.links import take_links
from river.steps import refresh_features
from serving.calls import CALLS
from serving.front import Front
from serving.opening import open_parts
from settings import Settings
from tests import world
from tests.flow import served_home
from tests.house.rooms import ROOT
from tests.suites import naive_features as naive
from tests.suites import naive_views
from tests.suites.online_reading import read_online
from training import features
from training.answers import SCHEMA, write_answers
from training.feast_store import open_store, quiet
from training.lake import append_events, read_events

ZONES = {"soho": "America/New_York", "bund": "Asia/Shanghai"}
KINDS = dict(world.products().select("product_id", "category").iter_rows())
LATER = world.END + timedelta(days=20)
VIEWS = sorted(features.VIEWS)
KNOWN = (("2025-11-10T13:00", ("latte",)), ("2025-11-12T13:00", ("bagel", "latte")))
"""What everybody of the cases below bought in soho before the snapshot."""

# Batches of (moment UTC, products, store): what comes by HTTP after it. New York is five hours behind.
PUSHED = {
    "another day": [[("2025-11-17T13:00", ("latte", "tea"), "soho")]],
    "the day of the last visit": [[("2025-11-12T20:00", ("latte", "cookie"), "soho")]],
    "a minute before midnight there": [[("2025-11-13T04:59", ("tea",), "soho")]],
    "midnight there": [[("2025-11-13T05:00", ("tea",), "soho")]],
    "twice a day": [[("2025-11-17T13:00", ("tea",), "soho")], [("2025-11-17T19:00", ("tea", "mocha"), "soho")]],
    "days out of order in one batch": [
        [("2025-11-19T13:00", ("tea",), "soho"), ("2025-11-18T13:00", ("latte",), "soho")]
    ],
    "a line twice": [[("2025-11-17T13:00", ("tea", "tea"), "soho")]],
    "no store": [[("2025-11-17T13:00", ("tea",), None)]],
    "day after day": [[(f"2025-11-{day}T13:00", ("latte",), "soho")] for day in range(17, 24)],
}
LATE = {"a day of the past": [[("2025-11-11T13:00", ("tea",), "soho")]]}


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def purchases(user, rows):
    """Events of rows as in PUSHED, ids made of what they say."""
    told = user.replace(":", " ")
    return [
        {"event_id": f"{told} {at} {n}", "event_type": "purchase", "occurred_at": moment(at), "user_id": user,
         "product_id": product, "store_id": store, "channel": "store", "order_id": f"{told} {at}", "quantity": 1,
         "unit_price_cents": world.PRICES[product], "discount_cents": None}
        for at, products, store in rows for n, product in enumerate(products)
    ]  # fmt: skip


def answered(user, product, day, redeemed, reversed_at=None):
    chances = {"share": 0.25, "p_buy": 0.5, "p_come": 0.75, "fit": 0.25}
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)
    return {"user_id": user, "product_id": product, "day": day, "hour": 8, **chances, "redeemed": redeemed,
            "reversed_at": reversed_at, "answered_at": at}  # fmt: skip


ANSWERS = [
    answered("ann", "latte", date(2025, 10, 21), False),
    answered("ann", "cookie", date(2025, 11, 10), True),
    answered("cat", "tea", date(2025, 11, 8), True, datetime(2025, 11, 9, tzinfo=UTC)),
    answered("dan", "tea", date(2025, 11, 12), False),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The tiny world; who is in KNOWN; a person of whom nothing stands any more. Snapshots at MIDDLE and END, both online."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    keys = served_home.fill(settings.home)
    rows = [event for name in {**PUSHED, **LATE} for event in purchases(name, [(*known, "soho") for known in KNOWN])]
    gone = purchases("gone", [("2025-11-01T13:00", ("latte",), "soho")])
    void = {**gone[0], "event_id": "void", "event_type": "void", "occurred_at": moment("2025-11-05T13:00")}
    stars = [("ann", "latte", 2), ("ann", "tea", None), ("cat", "tea", 1), ("gone", "tea", 4)]
    said = [
        {**gone[0], "event_id": f"said {n}", "event_type": "rating", "user_id": user, "product_id": product, "rating": given,
         "occurred_at": moment(f"2025-11-{n + 10}T13:00")}
        for n, (user, product, given) in enumerate(stars)
    ]  # fmt: skip
    schema = {name: kind for name, kind in world.events().schema.items() if name in said[0]}
    append_events(settings.lake, pl.DataFrame([*rows, *gone, void, *said], schema=schema))
    link = {
        "identity": "card:77",
        "other": "new",
        "evidence": "leaflet",
        "occurred_at": datetime(2025, 11, 1, 8, tzinfo=UTC),
    }
    take_links(settings, [link], "links.csv", LATER)
    write_answers(settings.lake, [pl.DataFrame(ANSWERS, schema=SCHEMA)])
    with lease_online_store(settings):
        for at in (world.MIDDLE, world.END):
            features.compute(settings, at)
            features.apply(settings)
            features.materialise(settings, at)
        yield settings, keys


@pytest.fixture(scope="module")
def declared(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAYPART__FEATURES", str(home[0].features))
        found = runpy.run_path(str(FEATURE_REPO / "views.py")).values()
    return {view.name: view for view in found if isinstance(view, FeatureView)}


@pytest.fixture(scope="module")
def send(home):
    """Events over HTTP, through the service's real parts."""
    settings, keys = home
    with open_parts(settings) as parts:
        front = Front(CALLS, "1")
        front.parts = parts

        async def post(events):
            transport = httpx.ASGITransport(app=front)
            async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:
                head = {"Authorization": f"Bearer {keys['pos']}"}
                return await client.post("/v1/events", json={"events": events}, headers=head)

        def send(events):
            told = [{**event, "occurred_at": event["occurred_at"].isoformat()} for event in events]
            answer = asyncio.run(post([{k: v for k, v in event.items() if v is not None} for event in told]))
            assert answer.json() == {"accepted": len(events), "duplicates": 0, "rejected": []}

        yield send


def told(settings, at, more=(), answers=ANSWERS):
    """What plain Python reckons from: the lake's lines, and `more` that it hasn't yet."""
    lines = naive.lines_of([*read_events(settings.lake).collect().to_dicts(), *more])
    return naive.Told(
        at, lines, ZONES, world.PRICES, answers, world.assortment().to_dicts(), settings.history_limit, KINDS
    )


def everybody(settings, view):
    column = features.VIEWS[view]
    return sorted({*read_events(settings.lake).collect()[column].drop_nulls(), "nobody"})


def offline(settings, view, ids, at):
    """Rows by id as Feast joins them at a moment, of those of whom anything is known."""
    store, key = open_store(settings), features.VIEWS[view]
    names = [feature.name for feature in store.get_feature_view(view).features]
    asked = pl.DataFrame({key: ids, "event_timestamp": [at] * len(ids)}).to_pandas()
    with quiet():
        found = store.get_historical_features(entity_df=asked, features=[f"{view}:{name}" for name in names])
        rows = pl.from_arrow(found.to_arrow()).to_dicts()
    return {row[key]: row for row in rows if any(row[name] is not None for name in names)}


def test_every_declared_view_is_written_and_every_written_one_declared(declared):
    assert sorted(declared) == VIEWS


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("at", [world.MIDDLE, world.END], ids=["middle", "end"])
def test_offline_tells_what_is_reckoned(home, declared, view, at):
    settings = home[0]
    rows = offline(settings, view, everybody(settings, view), at)
    naive_views.compare(view, [feature.name for feature in declared[view].features], rows, told(settings, at))
    assert len(rows) > 1 or (at == world.MIDDLE and view in ("user_responses", "user_reviews"))


@pytest.mark.parametrize("view", VIEWS)
def test_online_tells_what_offline_tells(home, declared, view):
    settings = home[0]
    ids = everybody(settings, view)
    known, rows = offline(settings, view, ids, world.END), read_online(settings, view, ids)
    assert sorted(rows) == sorted(known)
    for one, row in rows.items():
        for feature in declared[view].features:
            name = feature.name
            assert naive_views.alike(row[name], known[one][name]), (
                f"{view}.{name} of {one}: {row[name]}, offline {known[one][name]}"
            )


def pushed_views(declared):
    """Those that say of themselves that the service writes them too."""
    return {name for name, view in declared.items() if "serving" in view.tags["writer"]}


def test_what_a_push_writes_and_what_it_leaves_is_said_by_the_docs(declared):
    text = (ROOT / "docs" / "features.md").read_text("utf-8")
    said = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", text, re.MULTILINE))
    assert sorted(said) == VIEWS
    at_once = {view for view, words in said.items() if words == "is in it at once"}
    assert at_once == pushed_views(declared) == {"user_history"}


@pytest.mark.parametrize("name", PUSHED)
def test_a_push_tells_what_a_recomputation_will_tell_and_touches_nothing_else(home, declared, send, name):
    settings, sent = home[0], []
    before = {view: read_online(settings, view, [name]) for view in VIEWS if features.VIEWS[view] == "user_id"}
    for batch in PUSHED[name]:
        sent += purchases(name, batch)
        send(purchases(name, batch))
        reckoned = told(settings, LATER, sent)
        for view in before:
            now = read_online(settings, view, [name])
            if view in pushed_views(declared):
                mine = naive.Told(LATER, [line for line in reckoned.lines if line.user == name], ZONES)
                naive_views.compare(view, [feature.name for feature in declared[view].features], now, mine)
            else:
                assert now == before[view], f"{view} changed by a push: its tags don't say so"


def test_what_a_push_leaves_to_the_follower(home, send):
    """A day of the past, a refund, a void: named in the docs. That it does them: `test_features_recomputed.py`."""
    settings = home[0]
    (name,) = LATE
    before = read_online(settings, "user_history", [name, "ann"])
    send(purchases(name, LATE[name][0]))
    for kind in ("refund", "void"):
        send([{**purchases("ann", [("2025-11-16T14:00", ("latte",), "soho")])[0], "event_id": kind, "event_type": kind,
               "order_id": "o12"}])  # fmt: skip
    assert read_online(settings, "user_history", [name, "ann"]) == before


def test_somebody_new_is_known_by_their_first_purchase_and_one_person_under_two_ids(home, send):
    settings, sent = home[0], []
    for user, at in (("new", "2025-11-20T13:00"), ("card:77", "2025-11-21T13:00")):
        batch = purchases(user, [(at, ("latte",), "soho")])
        send(batch)
        sent += [{**event, "user_id": "new"} for event in batch]
        mine = naive.Told(LATER, naive.lines_of(sent), ZONES)
        names = list(naive.history(mine)["new"])
        naive_views.compare("user_history", names, read_online(settings, "user_history", ["new"]), mine)


def test_after_the_next_run_all_is_one_again(home, declared):
    """Whatever was pushed before, late or taken back; and answers that the ledger doesn't know are gone."""
    settings = home[0]
    refresh_features(settings, LATER, LATER, lambda *_: None)
    reckoned = told(settings, LATER, answers=())
    for view in VIEWS:
        ids, names = everybody(settings, view), [feature.name for feature in declared[view].features]
        rows, known = read_online(settings, view, ids), offline(settings, view, ids, LATER)
        if view == "user_responses":
            assert sorted(rows) == sorted(known) == ["ann", "cat", "dan"]
            assert not any(value for row in rows.values() for value in row.values())
            continue
        naive_views.compare(view, names, rows, reckoned)
        naive_views.compare(view, names, known, reckoned)
