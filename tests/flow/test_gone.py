"""Erased means gone, through the whole river: a person in every store, forgotten over HTTP; then all that is late comes again,
the service and its online store start anew, features are reckoned, models trained, offers planned. No trace is left."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import httpx
import polars as pl
import pytest

from embedded import lease_online_store
from people.secret import References
from river import admin, steps
from river.links import link_file
from serving.calls import CALLS
from serving.front import Front
from serving.opening import open_parts
from settings import Settings
from tests import world
from tests.flow import served_home
from tests.flow.test_planted import everything_in
from tests.house.rooms import ROOT
from training.ingest import ingest
from training.train import train

ZOE = "zoe-ought-to-go"
CARD, PHONE = "card:4000 0012 3456 7899", "phone:+41 79 987 65 43"
CLEAR = ("4000 0012", "40000012", "4000-0012", "79 987", "799876543")
SALE = {"event_type": "purchase", "product_id": "latte", "store_id": "soho"}
LINK = "identity,other,evidence,occurred_at\n{phone},{zoe},zoe-evidence,2025-11-01T08:00:00Z\n"


def silent(*_):
    pass


class Life:
    """One home, its keys, and whatever was said and logged."""

    def __init__(self, home, given):
        self.secrets = served_home.fill(home)
        self.settings, self.given, self.said = Settings(home=home, campaigns=ROOT / "campaigns"), given, []
        self.references = References(self.settings.identity_secret)
        self.words = (ZOE, "zoe-evidence", *map(self.references.of, (CARD, PHONE)), *CLEAR)

    def serve(self, *asks):
        """The service, opened and closed: (scope, method, path, body) one after the other; their answers."""
        with lease_online_store(self.settings), open_parts(self.settings) as parts:
            front = Front(CALLS, "1")
            front.parts = parts
            return asyncio.run(self._answers(front, asks))

    async def _answers(self, front, asks):
        transport, found = httpx.ASGITransport(app=front), []
        async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:
            for scope, method, path, body in asks:
                told = {
                    "Authorization": f"Bearer {self.secrets[scope]}",
                    "Idempotency-Key": f"k{len(self.said)}-{path[-20:]}",
                }
                answer = await client.request(method, f"/v1/{path}", json=body, headers=told)
                found.append((answer.status_code, answer.json()))
        return found

    def file(self, name="once"):
        """What a till's file says, again and again; under another name the same sales in events of their own."""
        file = self.given / "events.parquet"
        anns = world.events().filter(pl.col.user_id == "ann")
        rows = [
            anns.with_columns(user_id=pl.lit(who), event_id=f"{name}-{who[:4]}" + anns["event_id"])
            for who in (ZOE, CARD)
        ]
        pl.concat(rows).write_parquet(file)
        return ingest(self.settings.lake, events=file, now=datetime.now(UTC), secret=self.settings.identity_secret)[0]

    def links(self):
        file = self.given / "links.csv"
        file.write_text(LINK.format(phone=PHONE, zoe=ZOE), "utf-8")
        return link_file(self.settings, file, "shell:ada", datetime.now(UTC))

    def learn(self, days):
        """Features, models, their promotion, and a plan for some day to come."""
        now = datetime.now(UTC)
        steps.refresh_features(self.settings, now, now, silent)
        version = train(self.settings).version
        admin.promote(self.settings, version, True, "a test", now)
        return steps.plan_offers(self.settings, "usual", (now + timedelta(days=days)).date(), now, silent)

    def where(self):
        """Where a trace is, and of what."""
        told = [*everything_in(self.settings.home), ("log", "\n".join(self.said))]
        assert len(told) > 30
        return sorted({(place, word) for place, text in told for word in self.words if word in text})


@pytest.fixture
def life(tmp_path):
    handler, home = logging.Handler(), tmp_path / "home"
    given = tmp_path / "given"
    given.mkdir()
    made = Life(home, given)
    handler.emit = lambda entry: made.said.append(entry.getMessage())
    logging.getLogger().addHandler(handler)
    yield made
    logging.getLogger().removeHandler(handler)


def sale(hours_ago, who):
    return {
        "events": [
            {**SALE, "user_id": who, "occurred_at": (datetime.now(UTC) - timedelta(hours=hours_ago)).isoformat()}
        ]
    }


def test_no_trace_is_left_whatever_comes_late(life):
    assert (life.file().accepted, life.links().accepted) == (16, 1)
    stale, seen = [sale(hours, who) for hours, who in ((5, ZOE), (4, CARD))], datetime.now(UTC).isoformat()
    link = {"links": [{"identity": CARD, "evidence": "zoe-evidence", "occurred_at": seen}]}
    bought = [("pos", "POST", "events", body) for body in stale]
    first = life.serve(
        *bought, ("app", "POST", f"users/{ZOE}/links", link), ("app", "POST", "recommendations", {"user_id": ZOE}),
        ("app", "POST", f"users/{ZOE}/consent", {"measurement": True}),
    )  # fmt: skip
    assert [status for status, _ in first] == [202, 202, 200, 200, 200]
    assert first[3][1]["meta"]["fallback"] is None
    assert life.learn(1).n_considered == 5
    life.serve(*bought[:1], ("app", "POST", "recommendations", {"user_id": ZOE}))
    there = {place.split("-")[0] for place, _ in life.where()}
    assert there >= {
        "online", "user_history.parquet", "people.parquet", "measurement.parquet", "ledger.db decisions", "ledger.db identities",
        "ledger.db identity_links", "ledger.db consent", "part", "impressions",
    }  # fmt: skip

    at_once = life.serve(
        ("admin", "DELETE", f"users/{ZOE}", None), *bought, ("app", "POST", f"users/{ZOE}/links", link),
        ("app", "POST", "recommendations", {"user_id": ZOE}),
    )  # fmt: skip
    assert [one["code"] for _, body in at_once[1:3] for one in body["rejected"]] == ["erased"] * 2
    assert at_once[3][1]["rejected"][0]["code"] == "erased"
    assert at_once[4][1]["meta"]["fallback"] == "cold_start"
    # Files may still be taken: what they bring before the erasure is finished goes with it.
    assert (life.file("more").accepted, life.links().faults) == (16, {("", "erased"): 1})
    assert life.where() != []
    plan = life.learn(2)
    assert life.where() == []
    assert plan.n_considered == 4

    late = [life.file(), life.file("more")]
    assert [(one.accepted, one.faults) for one in late] == [(0, {("user_id", "erased"): 16})] * 2
    assert life.links().accepted == 0
    life.serve(*bought, ("app", "POST", "recommendations", {"user_id": CARD}))
    steps.refresh_features(life.settings, datetime.now(UTC), datetime.now(UTC), silent)
    assert life.where() == []
    assert steps.verify_ledger(life.settings)["differences"] == []
