"""The demo: every verb of the river in order on real purchases, then a service that answers the printed lines."""

from __future__ import annotations

import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import console
from bench.client import Client, served, wait_ready
from bench.demo_cafe import shown_first
from bench.demo_data import DATA_SETS, DemoError, claim_home, tables_are_in, write_inputs
from bench.demo_loop import N_WEEKS, play, prove, tell_again
from bench.demo_models import learn
from bench.demo_people import choose, offers_due, show
from bench.demo_tour import write_tour
from river import admin, steps
from settings import Settings

KEYS = ("app", "pos", "scheduler", "analyst", "admin")
"""Scopes of the keys that the tours need."""
CAMPAIGN = {"complete-journey": "usual", "cafe": "cafe"}


def run(settings: Settings, data: str, once: bool, now: datetime, n_weeks: int = N_WEEKS) -> None:
    """Fill the river (the café's with `n_weeks` of its loop), serve it, print five people and the lines to try; keep serving
    unless `once`. Raises DemoError.
    """
    if data not in DATA_SETS:
        raise DemoError(f"no such data: {data}; there are {', '.join(DATA_SETS)}")
    _require_free(settings)
    # A termination must end the service too, so it leaves through the blocks below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for_date = (now + timedelta(days=1)).date()
    with console.progress() as report:
        prepare(settings, data, now, report, n_weeks if data == "cafe" else 0)
        with _step(f"planning offers for {for_date}"):
            plan = steps.plan_offers(settings, CAMPAIGN[data], for_date, now, report)
    cents = {name: getattr(plan, name) / 100 for name in ("value_cents", "cost_cents", "budget_cents")}
    console.out.print(
        f"  {plan.n_issued} coupons issued, {plan.n_known} people decided before; expected to earn "
        f"${cents['value_cents']:.2f} more margin after ${cents['cost_cents']:.2f} of expected discounts "
        f"(budget ${cents['budget_cents']:.2f}); gap to the bound {plan.gap:.2%}"
    )
    without = ", ".join(f"{code} {n}" for code, n in plan.reasons_not.items())
    console.out.print(f"  nothing for: {without or 'nobody'}")
    for note in plan.notes:
        console.out.print(f"  {note}", markup=False)
    keys = {scope: admin.create_key(settings, scope, None, now).key for scope in KEYS}
    # Set again: a library that was imported on the way keeps Ctrl-C to itself.
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
    with served(settings) as service:
        with _step("starting the service"):
            wait_ready(service, settings)
        client = Client(f"http://{settings.host}:{settings.port}", keys)
        offers = offers_due(client, now)
        shown = choose(settings, offers, shown_first(settings, offers, for_date) if data == "cafe" else ())
        for user_id in shown:
            show(settings, client, user_id, offers.get(user_id), CAMPAIGN[data], for_date)
        write_tour(settings, client, [offers[u] for u in shown if u in offers])
        if not once:
            console.out.print(f"\nServing on {client.url} until you press Ctrl-C.")
            service.wait()


def prepare(settings: Settings, data: str, now: datetime, report: console.Report, n_weeks: int = 0) -> None:
    """Tables, lake, features, model, promotion: the river up to the plan. What stands from an earlier run is used again.

    With `n_weeks` (of the café) the lake and the ledger are those of a chain that has been through the loop for so long.
    """
    fresh = claim_home(settings, data, now, n_weeks)
    if n_weeks:
        with _step("the loop: plan, push, redeem, learn, plan better"):
            if fresh:
                play(settings, now, n_weeks, report)
            else:
                tell_again(settings)
    elif fresh:
        _take_in(settings, data, now, report)
    if fresh:
        tables_are_in(settings, data, now, n_weeks)
    with _step("features"):
        steps.refresh_features(settings, now, now, report)
    if n_weeks:
        with _step("lift of these weeks, by the people held out"):
            prove(settings, now, report)
    with _step("train"):
        from training.evaluate_table import as_rows

        learned = learn(settings, None, now, report)
        console.show(as_rows(learned.trained.metrics), as_machine=False)
    for verdict in learned.verdicts:
        console.out.print(f"  {verdict}")


def _take_in(settings: Settings, data: str, now: datetime, report: console.Report) -> None:
    from training import ingest

    with _step("writing the input tables"):
        paths, told = write_inputs(settings, data, now)
        console.out.print(f"  {told}")
    with _step("ingest"):
        for part in ingest.ingest(settings.lake, **paths, now=now, progress=report):
            console.out.print(
                f"  {part.table}: {part.accepted:,} in, {part.duplicates:,} known, {part.quarantined:,} quarantined"
            )


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    console.out.print(f"[bold]{what}[/bold] …")
    yield
    console.out.print(f"  [dim]{what}: {time.monotonic() - began:.1f} s[/dim]")


def _require_free(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise DemoError(
                f"port {settings.port} is taken ({error.strerror}); end what uses it or set DAYPART_PORT"
            ) from None
