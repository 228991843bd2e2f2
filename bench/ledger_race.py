"""The same race here and at a peer, both on PostgreSQL: how many rounds pay more than once.

Two races, each with as many racers and rounds on either side (`bench.ledger_racers`: threads of several processes behind a
barrier). In the first, one code that may be used once is used by every racer at the same moment. In the second the money
is there for one use only: here a budget that pays one coupon while every racer holds a valid one of their own; at the
peer an offer with "max global applications" 1, behind a code that every racer has entered.

The peer is django-oscar from its package, driven through its own checkout (`bench.oscar_race` says how). It has to be in
the Python that runs the bench, or in the one that OSCAR_PYTHON names; else its side is told as left out.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.ledger_places import Place
from bench.ledger_racers import N_RACERS, Ready, race
from bench.ledger_world import DISCOUNT_CENTS, NOW, Broken, ask, close_whole, issue, open_campaign, open_desk
from bench.results import Row, row
from console import Report
from offers.database import LedgerBusy
from offers.desk import Desk
from offers.journal import Journal
from offers.tables import entries

ROUNDS = 25
KINDS = {"single": "one coupon", "limited": "a budget for one use"}
_PEERS = {"single": "a single-use voucher", "limited": "an offer for one application"}


@dataclass(frozen=True)
class Prize:
    """What one round is about: a campaign that must pay once, and the code that each racer has."""

    campaign_id: str
    codes: tuple[str, ...]


def rows(place: Place, report: Report, n_rounds: int = ROUNDS) -> list[Row]:
    """Both races."""
    ours = race_here(place.make("race_here"), n_rounds, report)
    theirs = race_at_oscar(place.make("race_oscar"), n_rounds, report)
    return [_row(kind, ours[kind], theirs) for kind in KINDS]


def race_here(url: str, n_rounds: int, report: Report) -> dict[str, list[int]]:
    """Payments of every round, by kind, as the journal tells them. Raises Broken when it isn't whole."""
    desk = open_desk(url)
    found = {}
    for kind in KINDS:
        prizes = [_prize(desk, kind, number) for number in range(n_rounds)]
        race(setup, url, prizes, partial(report, f"{KINDS[kind]}, many racers"))
        found[kind] = [_paid(desk, prize) for prize in prizes]
    close_whole(desk)
    return found


def setup(url: str) -> Ready:
    """A desk of this process's own, and what a racer does with it."""
    desk = Desk(Journal(url))

    def ready(racer: int, prize: Prize) -> Callable[[], str]:
        def go() -> str:
            # An order of its own: coupons of one order stack, and are refused below the margin floor.
            own = f"{prize.campaign_id}-{racer}"
            try:
                answer = desk.redeem(prize.codes[racer], ask(f"order-{own}"), f"key-{own}", NOW)
            except LedgerBusy:
                return "busy"
            return "paid" if answer.ok else str(answer.body["reason"])

        return go

    return ready


def _prize(desk: Desk, kind: str, number: int) -> Prize:
    name, one = f"{kind}-{number}", kind == "single"
    open_campaign(desk, name, N_RACERS * DISCOUNT_CENTS if one else DISCOUNT_CENTS)
    # What every racer's coupon is expected to cost has to fit into what pays only one of them.
    codes = issue(desk, [f"{name}-{racer}" for racer in range(1 if one else N_RACERS)], campaign_id=name)
    return Prize(name, tuple(codes) * N_RACERS if one else tuple(codes))


def _paid(desk: Desk, prize: Prize) -> int:
    mine = (entries.c.campaign_id == prize.campaign_id) & (entries.c.kind == "redeem")
    with desk.journal.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(entries).where(mine)).scalar_one())


def race_at_oscar(url: str, n_rounds: int, report: Report) -> dict[str, Any] | None:
    """`version` and, by kind, the payments of every round; None without django-oscar."""
    python = os.environ.get("OSCAR_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import oscar"], stderr=subprocess.DEVNULL, check=False).returncode:
        return None
    command, here = [python, "-m", "bench.oscar_race", url, str(n_rounds)], Path(__file__).parent.parent
    pipe, last = subprocess.PIPE, ""
    # A session of its own: its racers are processes too, and must end with it.
    shop = subprocess.Popen(command, cwd=here, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    try:
        for line in shop.stderr or ():
            last = line.strip() or last
            if last.isdecimal():
                report("django-oscar, the same race", int(last), 2 * n_rounds)
        answer, _ = shop.communicate()
    finally:
        if shop.poll() is None:
            os.killpg(shop.pid, signal.SIGKILL)
            shop.wait()
    if shop.returncode:
        raise Broken(f"the race at django-oscar failed: {last}")
    return dict(json.loads(answer))


def _row(kind: str, ours: list[int], theirs: dict[str, Any] | None) -> Row:
    for side, paid in (("here", ours), ("at django-oscar", theirs[kind] if theirs else [])):
        if 0 in paid:
            raise Broken(f"{KINDS[kind]}: a round {side} paid nobody, so there was no race: {paid}")
    twice = sum(n > 1 for n in ours)
    figure = f"{KINDS[kind]}, {N_RACERS} racers, {len(ours)} rounds: paid twice or more"
    against, peer = "django-oscar, left out: not installed", None
    if theirs:
        against = f"django-oscar {theirs['version']}, {_PEERS[kind]} (paid {max(theirs[kind])} times at most)"
        peer = sum(n > 1 for n in theirs[kind])
    return row(figure, twice, "rounds", against=against, against_value=peer, reach="0", met=twice == 0)
