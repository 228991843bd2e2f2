"""The features that are told of a person (`user_portrait`, `user_reviews`), reckoned the slow way from what the pages of training
(`portraits`, `price_sensitivity`, `taste`, `reviews`, `shrinkage`) say at their heads. Nothing of the product is imported.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from tests.suites import naive_features as naive
from tests.suites.naive_features import DECAY, Customer, Line, Person, Told

N_CATEGORIES, LATE_VISITS, LEAST = 5, 10, 1e-9


def shrunk(seen: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Values with their variances, each drawn towards everybody's mean by as much as it is noise (DerSimonian and Laird)."""
    told = {user: (value, max(variance, LEAST)) for user, (value, variance) in seen.items()}
    weights = {user: 1 / variance for user, (_, variance) in told.items()}
    total = sum(weights.values())
    if not told:
        return {}
    mean = sum(weights[user] * value for user, (value, _) in told.items()) / total
    q = sum(weights[user] * (value - mean) ** 2 for user, (value, _) in told.items())
    spare = total - sum(weight**2 for weight in weights.values()) / total
    between = max(0.0, (q - (len(told) - 1)) / spare) if spare > 0 else 0.0
    whole = sum(1 / (between + variance) for _, variance in told.values())
    mean = sum(value / (between + variance) for value, variance in told.values()) / whole
    return {user: mean + between / (between + v) * (x - mean) for user, (x, v) in told.items()}


def pooled(values: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    """Each one's mean with the variance s² / n, s² of one value about its person's mean, pooled."""
    means = {user: statistics.fmean(own) for user, own in values.items()}
    spare = sum(len(own) - 1 for own in values.values())
    off = sum((value - means[user]) ** 2 for user, own in values.items() for value in own)
    lone = statistics.variance(means.values()) if len(means) > 1 else 0.0
    return {user: (means[user], (off / spare if spare else lone) / len(own)) for user, own in values.items()}


def choices(told: Told, person: Person) -> list[tuple[int, str]]:
    """(visit from 1, product), each product once a visit."""
    return sorted({(person.days.index(told.day(line)) + 1, line.product or "") for line in person.lines})


def categories(one: Customer) -> list[tuple[str, float]]:
    weight, n = Counter[str](), len(one.person.days)
    for visit, product in choices(one.told, one.person):
        if (category := one.told.categories.get(product)) is not None:
            weight[category] += DECAY ** (n - visit)
    best = sorted(weight, key=lambda name: (-round(weight[name], 9), name))
    return [(name, weight[name] / sum(weight.values())) for name in best[:N_CATEGORIES]]


def new_shares(told: Told, everybody: dict[str, Person]) -> dict[str, float]:
    late: dict[str, list[bool]] = {}
    for user, person in everybody.items():
        mine, n = choices(told, person), len(person.days)
        before = {product: min(visit for visit, other in mine if other == product) for _, product in mine}
        some = [before[product] == visit for visit, product in mine if visit > max(1, n - LATE_VISITS)]
        if some:
            late[user] = some
    everything = [new for some in late.values() for new in some]
    p = statistics.fmean(everything) if everything else 0.0
    return shrunk({user: (statistics.fmean(some), p * (1 - p) / len(some)) for user, some in late.items()})


def priced(told: Told) -> list[tuple[Line, int, bool]]:
    """Lines that stand with a price: (line, the highest price, whether on discount) of lines that nothing tells apart."""

    def alike(line: Line) -> Any:
        return (line.user, line.product, line.store, line.order, line.at)

    same: dict[Any, list[Line]] = defaultdict(list)
    for line in told.known():
        if line.kind == "purchase" and line.price:
            same[alike(line)].append(line)
    return [
        (one.line, max(other.price or 0 for other in twins), any(other.discount for other in twins))
        for one in naive.standing(told)
        if one.left and (twins := same[alike(one.line)])
    ]


def discounts(told: Told) -> dict[str, tuple[float, float, float]]:
    """(share on discount, share expected, sensitivity) by user."""
    of_store: dict[str | None, list[bool]] = defaultdict(list)
    for line, _, cheap in priced(told):
        of_store[line.store].append(cheap)
    usual = {store: statistics.fmean(lines) for store, lines in of_store.items()}
    mine: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for line, _, cheap in priced(told):
        if line.user is not None and 0 < usual[line.store] < 1:
            mine[line.user].append((cheap, usual[line.store]))
    shares = {user: tuple(statistics.fmean(one[i] for one in lines) for i in (0, 1)) for user, lines in mine.items()}
    variances = {user: sum(e * (1 - e) for _, e in lines) / len(lines) ** 2 for user, lines in mine.items()}
    above = shrunk({user: (share[0] - share[1], variances[user]) for user, share in shares.items()})
    return {user: (share[0], share[1], above[user]) for user, share in shares.items()}


def levels(told: Told) -> dict[str, float]:
    known = [(line, price, category) for line, price, _ in priced(told)
             if (category := told.categories.get(line.product or "")) is not None]  # fmt: skip
    medians = {
        name: statistics.median(price for _, price, other in known if other == name)
        for name in {one[2] for one in known}
    }
    mine: dict[str, list[float]] = defaultdict(list)
    for line, price, category in known:
        if line.user is not None:
            mine[line.user].append(math.log(price / medians[category]))
    return {user: math.exp(level) for user, level in shrunk(pooled(mine)).items()}


def most(told: Told, person: Person, of: Callable[[int], int]) -> tuple[int, float]:
    """The slot of most orders, the earlier of two alike, and the share of orders in it."""
    hours = {(naive.order_of(told, line), (at := told.local(line)).weekday() * 24 + at.hour) for line in person.lines}
    counts = Counter(of(hour) for _, hour in hours)
    best = min(counts, key=lambda slot: (-counts[slot], slot))
    return best, counts[best] / len(hours)


def portrait(told: Told) -> dict[str, dict[str, Any]]:
    found = naive.people(told)
    new, deals, dear = new_shares(told, found), discounts(told), levels(told)
    rows = {}
    for user, person in found.items():
        one = Customer(told, person, list(found.values()))
        day, hour, kinds = (
            most(told, person, lambda h: h // 24),
            most(told, person, lambda h: h % 24),
            categories(one),
        )
        deal: Sequence[float | None] = deals.get(user, (None, None, None))
        r, f, m = one.scores()
        rows[user] = {
            "r_score": r, "f_score": f, "m_score": m, "gap_days": one.gap_days(),
            "first_at_s": min(int(line.at.timestamp()) for line in person.lines),
            "favourite_weekday": day[0], "weekday_share": day[1], "favourite_hour": hour[0], "hour_share": hour[1],
            "categories": [name for name, _ in kinds], "category_shares": [share for _, share in kinds],
            "new_share": new.get(user), "discount_share": deal[0], "discount_share_expected": deal[1],
            "price_sensitivity": deal[2], "price_level": dear.get(user),
        }  # fmt: skip
    return rows


def reviews(told: Told) -> dict[str, dict[str, Any]]:
    words: dict[str, dict[str, Line]] = defaultdict(dict)
    for line in sorted(told.known(), key=lambda line: (line.at, line.event)):
        if line.kind == "rating" and line.user is not None and line.product is not None:
            words[line.user][line.product] = line
    stars = {
        user: [float(one.rating) for one in said.values() if one.rating is not None] for user, said in words.items()
    }
    means = shrunk(pooled({user: given for user, given in stars.items() if given}))
    return {
        user: {
            "n_reviews": len(said), "n_stars": len(stars[user]), "mean_stars": means.get(user),
            "last_review_at_s": max(int(one.at.timestamp()) for one in said.values()),
        }
        for user, said in words.items()
    }  # fmt: skip
