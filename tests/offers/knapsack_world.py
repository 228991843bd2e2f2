"""Small questions for the planner, and their answers by trying everything."""

from __future__ import annotations

import itertools

import numpy as np

from offers.knapsack import Arrays, Block, Budgets


def block(users, *, cap=1, item=True, slot=True):
    """A block of [[(value, cost, store, item, slot), ...] a user]; what is left out of an arm is -1, -1 and 0."""
    arms = [(*arm, *(-1, -1, 0)[len(arm) - 2 :]) for mine in users for arm in mine]
    column = [np.array([arm[n] for arm in arms]) for n in range(5)]
    indptr = np.cumsum([0, *(len(mine) for mine in users)])
    return Block(
        indptr,
        column[0].astype(np.float32),
        column[1].astype(np.int32),
        column[2].astype(np.int16),
        column[3].astype(np.int32) if item else None,
        column[4].astype(np.int16) if slot else None,
        cap,
    )


def budgets(campaign, stores=(), stock=()):
    return Budgets(campaign, np.array(stores, dtype=np.int64), np.array(stock, dtype=np.int64))


def random_question(seed, n_users=5, n_arms=3):
    """A handful of users with stores, stock and slots drawn at random, now and then with ties or free arms."""
    rng = np.random.default_rng(seed)
    n_stores, n_items = int(rng.integers(0, 3)), int(rng.integers(0, 3))
    users = []
    for _ in range(int(rng.integers(1, n_users + 1))):
        mine = []
        for _ in range(int(rng.integers(0, n_arms + 1))):
            cost = int(rng.integers(0, 9))
            value = float(rng.choice([rng.uniform(-1, 9), 2.0 * cost, 3.0]))
            place = (int(rng.integers(-1, n_stores)), int(rng.integers(-1, n_items)))
            mine.append((np.float32(value), cost, *place, int(rng.integers(0, 3))))
        users.append(mine)
    cap = int(rng.integers(1, 4)) if rng.random() < 0.5 else rng.integers(0, 4, len(users))
    given = budgets(int(rng.integers(0, 25)), rng.integers(0, 15, n_stores), rng.integers(0, 3, n_items))
    return Arrays(block(users, cap=cap)), given


def best_of_all(source, given):
    """The value of the best plan."""
    whole, limits = source.whole, given.limits
    ways = []
    for user in range(len(whole)):
        arms = range(int(whole.indptr[user]), int(whole.indptr[user + 1]))
        sets = [s for n in range(int(whole.caps[user]) + 1) for s in itertools.combinations(arms, n)]
        ways.append([s for s in sets if len({int(whole.slot[a]) for a in s}) == len(s)])
    best = 0.0
    for plan in itertools.product(*ways):
        taken = [arm for s in plan for arm in s]
        used = np.zeros(len(limits), dtype=np.int64)
        for arm in taken:
            used[0] += whole.cost[arm]
            used[given.store_limit(whole.store)[arm]] += whole.cost[arm]
            used[given.item_limit(whole.item, len(whole.value))[arm]] += 1
        if (used <= limits).all():
            best = max(best, float(whole.value[taken].sum(dtype=np.float64)))
    return best


def crowd(n, seed=0, n_arms=8, n_stores=4, share=0.3):
    """Many users, most arms at one store; budgets for a share of what they'd wish."""
    rng = np.random.default_rng(seed)
    home = rng.integers(0, n_stores, n)
    store = np.repeat(home, n_arms)
    elsewhere = rng.random(n * n_arms) < 0.2
    store[elsewhere] = rng.integers(0, n_stores, int(elsewhere.sum()))
    cost = rng.integers(1, 60, n * n_arms)
    value = (cost * rng.gamma(1.5, 1.0, n * n_arms) - 4).astype(np.float32)
    made = Block(np.arange(n + 1) * n_arms, value, cost.astype(np.int32), store.astype(np.int16), width=n_arms)
    best = np.argmax(value.reshape(n, n_arms), axis=1) + np.arange(n) * n_arms
    need = np.bincount(store[best], cost[best], n_stores) * share
    return Arrays(made), Budgets(int(need.sum()), (need * rng.uniform(0.6, 1.6, n_stores)).astype(np.int64))
