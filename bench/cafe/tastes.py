"""What members of the simulated café like: a mixture of latent tastes, a personal liking per product, a usual drink."""

from __future__ import annotations

import numpy as np

from bench.cafe.draw import Floats, draw, stream
from bench.cafe.menu import SUITS, Menu

# Latent tastes over the menu's CATEGORIES, drinks then foods; a member is a Dirichlet mixture of the rows.
TASTES = np.array(
    [
        (8, 1, 2, 0.2, 0.5, 0.1, 3, 1, 1, 0.5),
        (1, 8, 0.5, 2, 0.5, 0.5, 1, 2, 2, 0.5),
        (0.5, 0.2, 8, 1.5, 0.5, 0.3, 3, 1, 1, 2),
        (0.2, 1, 1.5, 8, 1, 1.5, 1, 0.5, 1, 3),
        (0.2, 0.1, 0.5, 1, 8, 1, 1, 2, 2, 2),
        (0.2, 0.3, 0.5, 1, 1, 8, 0.5, 2, 3, 1),
    ]
)
# Of the drinks of a member: the usual one's share, least and most.
LOYALTY = (0.2, 0.85)


def draw_picks(seed: int, n: int, menu: Menu) -> Floats:
    """float64[n, 4, P]: chance of each drink, and of each food if any, by part of the day; drinks sum to 1, foods sum to 1.

    Taste × fit to the part of the day × popularity × liking; then one usual drink in the morning and one for the rest of the
    day, drawn from the person's own taste there, take their share.
    """
    mixture = stream(seed, 5).standard_gamma(0.35, (n, len(TASTES))) + 1e-9
    taste = (mixture / mixture.sum(axis=1, keepdims=True)) @ TASTES
    liking = np.exp(0.7 * stream(seed, 6).standard_normal((n, len(menu.product_ids))))
    pick: Floats = (taste[:, menu.category] * menu.popularity * liking)[:, None, :] * SUITS[:, menu.category][None]
    for kind in (menu.is_food, ~menu.is_food):
        pick[:, :, kind] /= pick[:, :, kind].sum(axis=-1, keepdims=True)
    u = stream(seed, 7).random((n, 4))
    usual = [draw(pick[:, late] * ~menu.is_food, u[:, late]) for late in (0, 1)]
    share = LOYALTY[0] + (LOYALTY[1] - LOYALTY[0]) * u[:, 2:]
    for part in range(pick.shape[1]):
        late = min(part, 1)
        pick[:, part, ~menu.is_food] *= 1 - share[:, late, None]
        pick[np.arange(n), part, usual[late]] += share[:, late]
    return pick
