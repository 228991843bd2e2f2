"""Models of habits on worlds of a few members whose answer is known by heart."""

import numpy as np
import pytest

from bench.cafe.books import Books
from bench.cafe.earnings import earnings
from bench.cafe.factors import factors, scaled
from bench.cafe.fits import Fits, grouped, sides
from bench.cafe.natural import natural
from bench.cafe.palates import Palates
from bench.cafe.rhythms import Rhythms
from bench.cafe.seen import Seen
from bench.cafe.usual import SHARES, usual
from bench.cafe.windows import LEVELS, hour_log, window_log
from models.answered import Answers
from models.response_classes import FITS, Offered, ResponseClasses, fit_prior

OPEN = np.array([(np.arange(24) >= 6) & (np.arange(24) < 20)])
EVEN = np.full(len(SHARES), 1 / len(SHARES))


def early_and_late(n=40, visits=20):
    """Even members come at 8, odd ones at 15, on weekdays; one visit in ten strays."""
    rng, counts = np.random.default_rng(1), np.zeros((n, 2, 24))
    for member in range(n):
        hour = np.where(rng.random(visits) < 0.1, rng.integers(6, 20, visits), 8 if member % 2 == 0 else 15)
        np.add.at(counts[member, 0], hour, 1.0)
    return counts


def test_an_hour_is_found_for_who_has_visits_and_borrowed_by_who_has_few():
    counts = early_and_late()
    counts[:2] = 0.0
    counts[0, 0, 8], counts[1, 0, 15] = 1.0, 1.0
    rhythms = Rhythms.fitted(counts, np.zeros(40, dtype=np.int64), OPEN)
    density = rhythms.density(counts, np.zeros(40, dtype=np.int64))
    np.testing.assert_allclose(density.sum(axis=2), 1.0)
    assert (density[:, :, ~OPEN[0]] == 0).all()
    assert (density[2::2, 0, 8] > 0.7).all()
    assert (density[3::2, 0, 15] > 0.7).all()
    assert density[0, 0, 8] > 0.5 > 0.2 > density[0, 0, 15]
    assert density[1, 0, 15] > 0.5 > 0.2 > density[1, 0, 8]


def test_answers_move_the_hour_of_who_has_no_visits():
    counts, home = early_and_late(), np.zeros(40, dtype=np.int64)
    counts[:2] = 0.0
    rhythms = Rhythms.fitted(counts, home, OPEN)
    window = np.array([14 * 25 + 17])
    told = hour_log(np.log(LEVELS)[None], rhythms.hours, np.array([0]), np.array([0]), np.array([0]), window, 40)
    np.testing.assert_allclose(told[0, 0], np.log(np.maximum(rhythms.hours[0, :, 14:17].sum(axis=1), LEVELS[0])))
    log = np.where(np.arange(len(LEVELS)) > 5, 0.0, -6.0)[None]
    answered = hour_log(log, rhythms.hours, np.array([0]), np.array([0]), np.array([0]), window, 40)
    assert (answered[1:] == 0).all()
    assert (answered[:, 1] == 0).all()
    before, after = rhythms.density(counts, home), rhythms.density(counts, home, answered)
    assert after[0, 0, 14:17].sum() > 0.8 > 0.6 > before[0, 0, 14:17].sum()
    np.testing.assert_allclose(after[1:], before[1:])


def answers_of_two(bought):
    """Member 0 and 1, one product each, ten offers each at half the price."""
    k = 20
    offered = Offered(np.full(k, 0.1), np.full(k, 0.3), np.full(k, 0.5), np.full(k, 0.5))
    prior = fit_prior(np.full(2, 0.5), np.full(2, 50.0))
    cell = np.repeat([0, 1], 10)
    return Answers(cell, offered, np.asarray(bought), np.asarray(bought), np.array([0, 1]), prior)


def test_who_answers_no_offer_lives_days_that_count_and_who_does_hardly_any():
    classes = ResponseClasses.grid(4.0, 0.5)
    weight = np.zeros((2, len(classes)))
    weight[0, 0] = 1.0
    weight[1, np.flatnonzero((classes.height == 8.0) & (classes.midpoint == 0.21))[0]] = 1.0
    bought = np.arange(20) % 2 == 0
    answers = answers_of_two(bought)
    day, visit = natural(classes, answers, weight, np.repeat(answers.prior[:, None], len(classes), axis=1), block=7)
    assert day[:10] == pytest.approx(1.0, abs=0.02)
    assert (day[10:] < 0.2).all()
    assert (visit[~bought] == 1).all()
    assert visit[:10][bought[:10]] == pytest.approx(1.0, abs=0.05)
    assert (visit[10:][bought[10:]] < day[10:][bought[10:]] / 4).all()


def test_a_coupon_used_speaks_for_its_window_and_one_left_against():
    classes = ResponseClasses.grid(4.0, 0.5)
    answers = answers_of_two(np.arange(20) < 10)
    weight = np.tile(classes.weight, (2, 1))
    cells = np.repeat(answers.prior[:, None], len(classes), axis=1)
    log = window_log(classes, answers, weight, cells, np.full(20, 0.15))
    assert log.shape == (20, len(LEVELS))
    assert (np.diff(log[:10], axis=1) > 0).all()
    assert log[10, 0] > log[10, -1]


def test_a_usual_product_is_told_from_taste():
    counts = np.array([[14.0, 1.0, 2.0, 1.0], [5.0, 4.0, 5.0, 4.0], [0.0, 0.0, 0.0, 0.0]])
    liked = np.full((3, 4), 0.25)
    found = usual(counts, 12.0 * liked, liked, EVEN)
    np.testing.assert_allclose(found.share.sum(axis=1), 1.0)
    assert found.habit[0, 0] > 0.5
    assert found.habit[1].sum() < 0.3
    np.testing.assert_allclose(found.habit[2], (EVEN @ SHARES) / 4)
    assert (found.tasted <= counts + 1e-9).all()
    assert found.tasted[0, 0] < 6 < found.tasted[1].sum()


def test_the_split_of_habit_and_taste_is_that_of_every_way_counted():
    counts, taste, liked = np.array([[2.0, 1.0]]), np.array([[3.0, 2.0]]), np.array([[0.6, 0.4]])
    total = 0.0
    for product in range(2):
        for share, common in zip(SHARES, EVEN, strict=True):
            for draws in np.ndindex(2, 2, 2):
                # Two visits took product 0, one product 1; `draws` says which of them were habit.
                chance, a = liked[0, product] * common, taste[0].copy()
                for took, habit in zip((0, 0, 1), draws, strict=True):
                    chance *= share * (took == product) if habit else (1 - share) * a[took] / a.sum()
                    a[took] += 0 if habit else 1
                total += chance
    assert usual(counts, taste, liked, EVEN).log[0] == pytest.approx(np.log(total))


def menu_of_four(n=60, rng_seed=3):
    """Products 0..2 are mains, 3 a side of every third visit. Part 0: even members take 0, odd ones 1; others: all 2."""
    rng = np.random.default_rng(rng_seed)
    visits = np.full((n, 3), 8.0)
    counts = np.zeros((n, 3, 4))
    held = []
    for member in range(n):
        for part in range(3):
            own = 2 if part else member % 2
            main = np.where(rng.random(8) < 0.7, own, rng.integers(0, 3, 8))
            side = rng.random(8) < 1 / 3
            counts[member, part, :3] = np.bincount(main, minlength=3)
            counts[member, part, 3] = side.sum()
            held.append(np.column_stack([np.eye(3)[main], side]))
    who, part = np.repeat(np.arange(n), 24), np.tile(np.repeat(np.arange(3), 8), n)
    return counts, visits, (who, part, np.concatenate(held))


def test_sides_and_the_parts_that_share_a_usual_are_found():
    counts, visits, later = menu_of_four()
    assert sides(later[2]).tolist() == [False, False, False, True]
    assert grouped(counts, visits, sides(later[2])).tolist() == [0, 1, 1]


def test_fits_are_those_of_the_member_in_the_part_of_the_day():
    counts, visits, later = menu_of_four()
    counts[0], visits[0] = 0.0, 0.0
    fits = Fits.learned((counts, visits), later, (counts, visits))
    fit = fits.fits(counts, visits)
    np.testing.assert_allclose(fit[:, :, :3].sum(axis=2), 1.0)
    assert np.abs(fit[2::2, 0, 0] - 0.8).mean() < 0.16
    assert np.abs(fit[1::2, 0, 1] - 0.8).mean() < 0.16
    assert (fit[1:, 1:, 2] > 0.5).all()
    assert fit[0, 0, :2] == pytest.approx([0.45, 0.45], abs=0.12)
    assert np.abs(fit[:, :, 3] - 1 / 3).mean() < 0.1
    assert (fits.strength(visits)[1:] > fits.strength(visits)[0]).all()
    assert fits.places().tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 2]]


def test_typical_tastes_are_taken_apart_and_scaled():
    counts, visits, _ = menu_of_four()
    sells, side = counts.sum(axis=(0, 1)) / visits.sum(), np.array([False, False, False, True])
    tastes = factors(counts[:, :1], visits[:, :1] @ np.ones((1, 4)), sells, side, 2)
    np.testing.assert_allclose(tastes[:, :3].sum(axis=1), 1.0)
    assert sorted(tastes[:, :2].argmax(axis=1).tolist()) == [0, 1]
    np.testing.assert_allclose(scaled(np.array([[1.0, 3.0]])), [[0.25, 0.75]])


def test_two_palates_are_likelier_than_one_where_there_are_two():
    counts, visits, _ = menu_of_four()
    side, group = np.array([False, False, False, True]), np.zeros(1, dtype=np.int64)
    found = []
    for k in (1, 2):
        palates = Palates.learned(counts[:, :1], visits[:, :1], side, group, k)
        seen, own, _ = Seen.of(group, palates.tilt, counts[:, :1], visits[:, :1]).weighed(*palates.known())
        np.testing.assert_allclose(own.sum(axis=1), 1.0)
        found.append(seen.log)
    assert found[1] > found[0]
    assert len(FITS) == 7


def test_a_visit_earns_its_lines_and_a_product_what_lies_beside_it():
    """Member 0 takes product 0 with 1 on twenty days, member 1 product 0 alone; a day that a coupon made is left out."""
    member = np.repeat([0, 0, 1, 1], [20, 20, 20, 1])
    day, product = np.concatenate([np.arange(20)] * 3 + [[20]]), np.repeat([0, 1, 0, 1], [20, 20, 20, 1])
    hour, store = np.full(61, 8), np.zeros(61, dtype=np.int64)
    came, counts, seen = np.ones((2, 21), dtype=bool), np.ones((2, 21)), np.ones((2, 21))
    seen[1, 20] = 0.1
    margin = np.array([[300, 100]])
    books = Books(member, day, hour, store, product, came, counts, seen)
    visit, rest = earnings(books, np.zeros(24, dtype=np.int64), margin, 2, 1)
    assert 350 < visit[0, 0] < 400
    assert 300 < visit[1, 0] < 350
    assert rest[0, 0, 0] > 70 > 40 > rest[1, 0, 0]
    assert rest[0, 0, 1] > 200
