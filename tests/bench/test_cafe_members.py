import numpy as np
import pytest

from bench.cafe.chain import UNTIL
from bench.cafe.draw import draw, stream
from bench.cafe.members import STRAY, Members, draw_members, user_id
from bench.cafe.menu import menu
from bench.cafe.tastes import draw_picks


@pytest.fixture(scope="module")
def members():
    return draw_members(4, menu(), np.zeros(300), np.full(300, 0.2), UNTIL)


def test_draw_takes_each_column_by_its_share():
    weights = np.array([[0.0, 1, 3, 0]])
    for u, column in ((0.0, 1), (0.2499, 1), (0.25, 2), (np.nextafter(1, 0), 2)):
        assert draw(weights, np.array([u])).tolist() == [column]


def test_streams_differ_by_seed_and_concern():
    first = stream(1, 2).random()
    assert first == stream(1, 2).random()
    assert first not in (stream(1, 3).random(), stream(2, 2).random())


def test_probabilities_sum_to_one(members):
    food = menu().is_food
    for rows in (members.stores, members.hours, members.pick[:, :, food], members.pick[:, :, ~food]):
        assert rows.min() >= 0
        assert rows.sum(axis=-1) == pytest.approx(1)
    for chances in (members.visit, members.attach, members.app):
        assert chances.min() >= 0
        assert chances.max() < 1


def test_nobody_comes_when_home_is_closed(members):
    closed = ~menu().open[members.home]
    assert not members.hours[np.broadcast_to(closed[:, None, :], members.hours.shape)].any()
    # And at every open hour somebody may.
    assert members.hours.sum(axis=(0, 1)).min() == 0
    assert (members.hours[:, 0][~closed] >= STRAY / 24).all()


def test_a_member_is_the_same_however_many_there_are(members):
    fewer = draw_members(4, menu(), np.zeros(120), np.full(120, 0.2), UNTIL)
    for name in Members.__dataclass_fields__:
        assert np.array_equal(getattr(fewer, name), getattr(members, name)[:120]), name
    other = draw_members(5, menu(), np.zeros(120), np.full(120, 0.2), UNTIL)
    assert not np.array_equal(fewer.visit, other.visit)


def test_homes_and_rhythms_differ(members):
    assert np.bincount(members.home, minlength=3).min() > 50
    assert (members.stores.argmax(axis=1) == members.home).all()
    peak = members.hours[:, 0].argmax(axis=1)
    assert {8, 12, 15} <= set(peak.tolist())


def test_there_is_a_usual_drink_and_a_taste():
    it = menu()
    pick = draw_picks(4, 300, it)[:, 0][:, ~it.is_food]
    usual = pick.max(axis=1)
    assert usual.min() > 0.2
    assert usual.max() < 0.95
    assert len(set(pick.argmax(axis=1).tolist())) > 12
    # Besides the usual, tastes cluster: some members lean to tea ten times as much as others.
    tea = it.category[~it.is_food] == 4
    share = pick[:, tea].sum(axis=1)
    assert np.quantile(share, 0.9) > 10 * np.quantile(share, 0.1)


def test_user_ids_are_of_one_form():
    assert [user_id(k) for k in (0, 42, 4999)] == ["member-000000", "member-000042", "member-004999"]
