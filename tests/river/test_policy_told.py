from datetime import datetime

import polars as pl
import pytest

from river import policies
from river.policies import PolicyError, judged
from river.policy_told import groups_of, tell, told
from settings import Settings
from tests.river.test_policies import drawn

NOW = datetime(2026, 3, 1)
LOG = drawn(400)
GONE = [f"u{n:05d}" for n in range(200)]


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """What is told of a policy when some people are not in the log."""

    def asked(policy, *gone):
        monkeypatch.setattr(policies, "policy_log", lambda *_: LOG.filter(~pl.col.user_id.is_in(list(gone))))
        return tell(Settings(home=tmp_path), "c", policy, NOW)

    return asked


def test_one_person_less_moves_nothing(ask):
    first = ask("send-nothing")
    assert (first.value.n, first.value.n_users) == (400, 200)
    assert ask("send-nothing", GONE[0]) == ask("send-nothing") == first
    assert (
        judged(LOG.filter(pl.col.user_id != GONE[0]), "c", "send-nothing").done != judged(LOG, "c", "send-nothing").done
    )


def test_another_policy_tells_of_the_same_people_and_of_no_neighbours(ask):
    ask("send-nothing")
    assert ask("uniform:200").policy == "uniform:200"
    with pytest.raises(PolicyError, match="found in the difference"):
        ask("best-value", GONE[0])
    assert ask("best-value", *GONE[:60]).value.n_users == 140


def test_tens_and_three_digits():
    found = told(judged(drawn(418), "c", "uniform:200"))
    assert (found.value.n, found.value.n_users) == (410, 200)
    for each in (found.done, found.value.ips, found.value.dr):
        assert each.value == float(f"{each.value:.3g}")
    assert told(found) == found


@pytest.mark.parametrize(
    ("n", "policy", "few"), [(18, "as-sent", True), (20, "as-sent", False), (24, "uniform:200", True)]
)
def test_of_fewer_than_ten_nothing_is_told(n, policy, few):
    made = judged(drawn(n), "c", policy)
    if few:
        with pytest.raises(PolicyError, match="none of it is told"):
            told(made)
    else:
        assert told(made).value.n_users == 10


def test_a_group_is_who_was_sent_that_arm():
    groups = groups_of(LOG, b"s")
    assert set(groups) == {f"sent {arm}" for arm in range(4)}
    moved = LOG.with_columns(reward_cents=pl.when(pl.col.user_id == GONE[0]).then(9.0).otherwise("reward_cents"))
    changed = {name for name, each in groups_of(moved, b"s").items() if each != groups[name]}
    assert changed == {f"sent {arm}" for arm in LOG.filter(pl.col.user_id == GONE[0])["sent_arm"]}
