"""Who comes to the simulated café: habits by weekday and hour, home store, taste, coming and going. All drawn from one seed.

Randomness: one generator per concern, `default_rng([seed, concern])`, drawn member-major: a member is the same person however
many members there are, and equal seeds give equal members with the same numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import expit, ndtr

from bench.cafe.draw import Bools, Days, Floats, Ints, draw, stream
from bench.cafe.menu import Menu
from bench.cafe.tastes import draw_picks

HOME_SHARES = (0.4, 0.32, 0.28)
# Share of members, log-odds of a visit on a weekday and on a weekend day, usual hour on each.
RHYTHMS = np.array(
    [
        (0.40, -0.1, -2.5, 8.2, 10.0),  # commuter
        (0.20, -0.6, -3.0, 12.5, 12.5),  # lunch
        (0.20, -1.0, -1.5, 15.5, 15.0),  # afternoon
        (0.12, -3.0, 0.2, 10.2, 10.6),  # weekend
        (0.08, -1.5, -1.3, 18.2, 17.5),  # evening
    ]
)
# How often a drink brings a food along, by part of the day, before the member's own appetite.
ATTACH = np.array([0.35, 0.6, 0.35, 0.35])
# Share of visits at any open hour, away from the habit.
STRAY = 0.1
LONG_AGO, FOREVER = np.datetime64("1990-01-01", "D"), np.datetime64("9999-01-01", "D")


@dataclass(frozen=True)
class Members:
    """Habits, one row per member: row k is `member-<k in six digits>`."""

    home: Ints
    """int64[n], row of the menu's stores."""
    stores: Floats
    """float64[n, S], wish for each store; a store closed at the hour gives way to home. Rows sum to 1."""
    visit: Floats
    """float64[n, 7], chance of a visit on each weekday, Monday first, before fading. At most one visit a day."""
    hours: Floats
    """float64[n, 2, 24], hour of a visit on weekdays and on weekend days, the visited store's own clock. Rows sum to 1."""
    pick: Floats
    """float64[n, 4, P], by part of the day: drinks sum to 1 (the drink of a visit), foods sum to 1 (its food, if any)."""
    attach: Floats
    """float64[n, 4], chance of a food, by part of the day."""
    app: Floats
    """float64[n] in 0..1, fondness of the app."""
    joined: Days
    """datetime64[D][n], first day as a member."""
    fades: Days
    """datetime64[D][n], the day from which visits thin out, see `CafeTruth.p_visit`."""

    def __len__(self) -> int:
        return len(self.home)


def user_id(member: int) -> str:
    """Public id of a member's row."""
    return f"member-{member:06d}"


def draw_members(seed: int, menu: Menu, keenness: Floats, fading: Floats, anchor: date) -> Members:
    """Draw one member per entry of `keenness` (float64[n], mean of the latent visit rate) and `fading` (float64[n], chance).

    `anchor` is the day the books close; joining and fading fall in the ten weeks before it.
    """
    n = len(keenness)
    u, z = stream(seed, 2).random((n, 8)), stream(seed, 3).standard_normal((n, 16))
    rhythm = RHYTHMS[draw(np.tile(RHYTHMS[:, 0], (n, 1)), u[:, 0])]
    home = draw(np.tile(HOME_SHARES, (n, 1)), u[:, 1])
    odds = np.repeat(rhythm[:, 1:3], (5, 2), axis=1) + 0.8 * (keenness[:, None] + z[:, :1]) + 0.4 * z[:, 1:8]
    centre = rhythm[:, 3:5] + 0.5 * z[:, 8:10]
    spread = 0.35 + 0.6 * u[:, 2:3] ** 2 + np.array([0.0, 0.5])
    closing = np.datetime64(anchor, "D")
    in_days = (u[:, 3:5] * 70).astype(np.int64)
    return Members(
        home=home,
        stores=_stores(home, menu, 0.02 + 0.2 * u[:, 5] ** 2),
        visit=np.minimum(expit(odds), 0.97),
        hours=_hours(centre, spread, menu.open[home]),
        pick=draw_picks(seed, n, menu),
        attach=expit(np.log(ATTACH / (1 - ATTACH)) + 0.7 * z[:, 10:11]),
        app=u[:, 6] ** 1.5,
        joined=np.where(u[:, 7] < 0.25, closing - in_days[:, 0], LONG_AGO),
        fades=np.where(stream(seed, 4).random(n) < fading, closing - 7 - in_days[:, 1] * 9 // 10, FOREVER),
    )


def _stores(home: Ints, menu: Menu, away: Floats) -> Floats:
    """Roaming stays mostly in the home zone; one visit in a hundred of the away ones is a journey."""
    zones = np.array(menu.zones)
    near = (zones[home][:, None] == zones[None, :]) & (np.arange(len(zones)) != home[:, None])
    wish = np.where(near, 1.0, 0.05) * away[:, None]
    wish[np.arange(len(home)), home] = 1.0
    shares: Floats = wish / wish.sum(axis=1, keepdims=True)
    return shares


def _hours(centre: Floats, spread: Floats, is_open: Bools) -> Floats:
    edge = (np.arange(25) - centre[..., None]) / spread[..., None]
    habit: Floats = (np.diff(ndtr(edge), axis=-1) + 1e-9) * is_open[:, None, :]
    anywhere = is_open / is_open.sum(axis=1, keepdims=True)
    habit *= (1 - STRAY) / habit.sum(axis=-1, keepdims=True)
    hours: Floats = habit + STRAY * anywhere[:, None, :]
    return hours
