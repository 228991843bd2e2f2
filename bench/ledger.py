"""`make bench-ledger`: what the coupon ledger can bear, beside the database's own limits and beside a peer."""

from __future__ import annotations

from collections.abc import Callable

import console
from bench import ledger_growth, ledger_http, ledger_race, ledger_speed
from bench.ledger_places import Place, places
from bench.results import Row
from console import Report


def rows() -> list[Row]:
    """Every row."""
    return [*speed(), *http(), *growth(), *race()]


def speed() -> list[Row]:
    """Redemptions a second and their latency."""
    return _everywhere(ledger_speed.rows)


def http() -> list[Row]:
    """Redemptions over HTTP at a steady rate."""
    return _everywhere(ledger_http.rows)


def growth() -> list[Row]:
    """Cost of a redemption in longer and longer journals."""
    return _everywhere(ledger_growth.rows)


def race() -> list[Row]:
    """How often a coupon, or a budget, that pays once pays twice; here and at a peer."""
    with console.progress() as report, places() as (_, postgres):
        return ledger_race.rows(postgres, report)


def _everywhere(part: Callable[[Place, Report], list[Row]]) -> list[Row]:
    with console.progress() as report, places() as found:
        return [row for place in found for row in part(place, report)]
