"""Phones, mails and cards planted through every door: after a whole run no store, log, artifact, report or quarantine has one."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import polars as pl
import pytest

from embedded import connect, lease_online_store
from people.secret import References
from river import erasing, proof, steps
from river.consenting import consent
from river.links import take_links
from serving.calls import CALLS
from serving.front import Front
from serving.opening import open_parts
from settings import Settings
from tests.flow import served_home
from training.ingest import ingest
from training.lake import read_events
from training.train import train

PHONE, MAIL, CARD = "+41791234567", "ann.lee@example.com", "4111111111111111"
WRITTEN = ("+41 79 123 45 67", "Ann.Lee@Example.com", "4111 1111 1111 1111")
TRACES = (PHONE, PHONE[1:], "79 123 45", MAIL, WRITTEN[1], "ann.lee", CARD, WRITTEN[2], "1111-1111", "1111 1111")
CLEAR = (PHONE, MAIL, CARD, *WRITTEN)
# However else they are written, in words, in other groups, full-width, under a kind in capitals.
OTHERWISE = (
    "mailto:zoe@planted.example", "Zoe <zoe@planted.example>", "zoe＠planted.example", "tel:+41790009988", "(+41) 79 000 99 88",
    "＋41790009988", "card 4539 5787 6362 1486", "4539.5787.6362.1486", "4539_5787_6362_1486", "4539–5787–6362–1486",
    "3714 496353 98431", "2223 0031 2200 3222", "４５３９ ５７８７ ６３６２ １４８６",
)  # fmt: skip
BARE = ("2223003122003222", "36 148 900 647 913", "４５３９５７８７６３６２１４８６", "u-4539578763621486")
# Long enough that no keyed hash, which is hexadecimal, holds one by chance.
TRACES += ("zoe@", "zoe＠", "000 99", "790009988", "496353 98431", "31220032", "0031 22", "148 900", "５７８７")
TRACES += tuple(f"5787{between}6362" for between in ("", " ", ".", "_", "–"))
CAPITALS = ("MAIL:zoe@planted.example", "Card:4539578763621486", "Phone:+41790009988")
IDENTITIES = (f"phone:{WRITTEN[0]}", f"mail:{WRITTEN[1]}", f"card:{WRITTEN[2]}")
SALE = {"store_id": "soho", "order_id": "o1", "lines": [{"product_id": "latte", "unit_price_cents": 450}]}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """(settings, keys, what was answered, what was logged) after the run."""
    home = tmp_path_factory.mktemp("planted")
    secrets, heard = served_home.fill(home), []
    settings, log = Settings(home=home), []
    handler = logging.Handler()
    handler.emit = lambda entry: log.append(entry.getMessage())
    logging.getLogger().addHandler(handler)
    try:
        with lease_online_store(settings):
            with open_parts(settings) as parts:
                front = Front(CALLS, "1")
                front.parts = parts
                asyncio.run(over_http(front, secrets, heard))
            by_file(settings, tmp_path_factory.mktemp("till"))
            now = datetime.now(UTC)
            steps.refresh_features(settings, now, now, lambda *_: None)
            train(settings)
            proof.measure_lift(settings, "c", now, now, lambda *_: None)
    finally:
        logging.getLogger().removeHandler(handler)
    return settings, heard, log


async def over_http(front, secrets, heard):
    transport = httpx.ASGITransport(app=front)
    async with httpx.AsyncClient(transport=transport, base_url="http://daypart") as client:

        async def ask(scope, path, body, method="POST", **headers):
            told = {"Authorization": f"Bearer {secrets[scope]}", "Idempotency-Key": f"k{len(heard)}", **headers}
            answer = await client.request(method, f"/v1/{path}", json=body, headers=told)
            heard.append((answer.status_code, answer.text, dict(answer.headers)))
            return answer

        code = (await ask("app", "users/ann/offers", None, "GET")).json()["offers"][0]["coupon_code"]
        bought = {"event_type": "purchase", "product_id": "latte", "store_id": "soho"}
        for n, who in enumerate((*CLEAR, *IDENTITIES)):
            at = (datetime.now(UTC) - timedelta(hours=n + 1)).isoformat()
            # Orders may have sixteen digits too, so a bare card number is seen in user_id alone.
            bare = who == CARD
            fields = (
                ("user_id",)
                if bare
                else ("user_id", "order_id", "event_id", "recommendation_id", "coupon_id", "product_id")
            )
            events = [{**bought, "occurred_at": at, name: who} for name in fields]
            await ask("pos", "events", {"events": events})
            await ask("app", "recommendations", {"user_id": who})
            await ask("app", "recommendations", {"anonymous_id": who})
            await ask("pos", f"coupons/{code}/validate", {**SALE, "user_id": who})
            await ask("app", f"users/{who}/consent", {"measurement": True})
            await ask("admin", f"users/{who}", None, "GET")
            if bare:
                continue
            await ask("pos", f"coupons/{code}/redeem", {**SALE, "order_id": who})
            await ask("pos", f"coupons/{code}/redeem", {**SALE, "user_id": who, "till_id": who})
            await ask("pos", f"coupons/{code}/redeem", {**SALE, "lines": [{"product_id": who, "unit_price_cents": 1}]})
            await ask("pos", f"coupons/{who}/redeem", SALE)
            await ask("pos", f"coupons/{code}/redeem", SALE, **{"Idempotency-Key": who, "X-Request-Id": who})
            await ask("pos", f"coupons/{code}/hold", {**SALE, "order_id": "o2"}, **{"X-Request-Id": who})
            await ask("pos", "stores/soho/lease", {"till_id": who, "cents": 1})

        for n, who in enumerate((*OTHERWISE, *BARE, *CAPITALS)):
            at = (datetime.now(UTC) - timedelta(hours=n + 1)).isoformat()
            fields = ("user_id",) if who in BARE else ("user_id", "order_id", "event_id", "product_id", "coupon_id")
            events = [{**bought, "occurred_at": at, name: who} for name in fields]
            await ask("pos", "events", {"events": events})
            await ask("app", "recommendations", {"user_id": who})
            await ask("pos", f"coupons/{code}/validate", {**SALE, "user_id": who})
            await ask("app", f"users/{quote(who)}/consent", {"measurement": True})
            if who in BARE:
                continue
            await ask("pos", f"coupons/{code}/hold", {**SALE, "order_id": who})
            link = {"identity": "app:zoe-login", "other": "ann", "evidence": who, "occurred_at": at}
            await ask("app", "links", {"links": [link]})
            await ask("admin", f"users/nobody-{n}?why={quote(who)}", None, "DELETE")


def by_file(settings, folder):
    now = datetime.now(UTC)
    seen = now - timedelta(hours=30)
    at = seen.isoformat()
    columns = (
        "event_id",
        "user_id",
        "product_id",
        "store_id",
        "order_id",
        "quantity",
        "unit_price_cents",
        "occurred_at",
    )
    good = dict(zip(columns, ("f0", "ann", "latte", "soho", "o9", "1", "450", at), strict=True))
    rows = [
        {**good, "event_id": f"f{n}", "user_id": who}
        for n, who in enumerate((*CLEAR, *IDENTITIES, *OTHERWISE, *BARE, *CAPITALS), 1)
    ]
    others = [who for who in (*CLEAR, *OTHERWISE, *CAPITALS) if who != CARD]
    rows += [{**good, "event_id": f"{name}{n}", name: who} for name in columns for n, who in enumerate(others)]
    frame = pl.DataFrame(rows).with_columns(event_type=pl.lit("purchase"))
    file = folder / "zoe@planted.example.csv"
    frame.write_csv(file)
    ingest(settings.lake, events=file, now=now, secret=settings.identity_secret)
    links = [
        {"identity": who, "other": "ann", "evidence": "login", "occurred_at": seen}
        for who in (*CLEAR, *OTHERWISE, *BARE, *IDENTITIES)
    ]
    links += [{"identity": IDENTITIES[0], "other": "bob", "evidence": who, "occurred_at": seen} for who in others]
    take_links(settings, links, "links.csv", now)
    consent(settings, IDENTITIES[0], {"offers": True}, "shell:ada", now)


def planted(text):
    return [trace for trace in TRACES if trace in text]


def test_no_file_holds_one(run):
    found = {}
    for path in (path for path in run[0].home.rglob("*") if path.is_file()):
        text = path.read_bytes().decode("latin-1")
        text += str(pl.read_parquet(path).rows()) if path.suffix == ".parquet" else ""
        if hits := planted(text):
            found[str(path.relative_to(run[0].home))] = hits
    assert found == {}


def test_no_row_of_a_database_holds_one(run):
    with steps.open_desk(run[0]) as desk, desk.journal.read() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        rows = {table: str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()) for table in tables}
    assert {table: planted(text) for table, text in rows.items() if planted(text)} == {}
    with lease_online_store(run[0]) as store, connect(store.url) as client:
        keys = list(client.scan_iter())
        hashes = [client.hgetall(key) for key in keys if client.type(key) == b"hash"]
    assert planted(str(keys) + str(hashes)) == []


def test_no_answer_and_no_line_of_a_log_says_one(run):
    _, heard, log = run
    assert [line for line in log if planted(line)] == []
    assert [text for _, text, headers in heard if planted(text + str(headers))] == []
    assert {status for status, _, _ in heard} <= {200, 202, 400, 404, 409, 422}


def test_what_was_told_with_its_kind_came_in_and_is_one_person(run):
    references = References(run[0].identity_secret)
    users = set(read_events(run[0].lake).collect()["user_id"].drop_nulls())
    assert not users & {*CLEAR, *IDENTITIES}
    names = {references.of(who) for who in IDENTITIES}
    # A kind in capitals is the kind.
    assert {references.of(who.lower()) for who in CAPITALS} <= users
    assert not users & {*CAPITALS, *OTHERWISE, *BARE}
    # Linked to Ann, so their purchases are hers.
    assert names & users == set()
    assert read_events(run[0].lake).collect().filter(user_id="ann").height > 8


def test_one_erasure_takes_all_of_it(run):
    settings = run[0]
    erasing.erase_person(settings, IDENTITIES[2], "shell:ada", datetime.now(UTC))
    assert read_events(settings.lake).collect().filter(user_id="ann").is_empty()
    assert steps.verify_ledger(settings)["differences"] == []
