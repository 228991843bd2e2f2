import pytest

from bench.cafe.launch import explore_share, write_campaign
from bench.cafe.weeks import EXPLORE
from offers.campaign_file import load_campaign
from tests.house.rooms import ROOT

FILE = ROOT / "campaigns" / "cafe.toml"


def test_a_launch_tries_much_and_an_upkeep_little():
    shares = [explore_share(week) for week in range(1, 20)]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    upkeep = load_campaign(FILE.parent, "cafe").plan.explore_share
    assert set(shares[len(EXPLORE) :]) == {EXPLORE[-1]} == {upkeep}


@pytest.mark.parametrize("week", [1, 4, 30])
def test_only_that_line_of_the_campaign_changes(tmp_path, week):
    target = tmp_path / "campaigns" / "cafe.toml"
    write_campaign(FILE, target, week)
    assert load_campaign(target.parent, "cafe").plan.explore_share == explore_share(week)
    ours, theirs = target.read_text("utf-8").splitlines(), FILE.read_text("utf-8").splitlines()
    changed = [mine for mine, other in zip(ours, theirs, strict=True) if mine != other]
    assert len(changed) <= 1
    assert all(line.startswith("explore_share") for line in changed)


def test_a_file_that_does_not_say_it_is_refused(tmp_path):
    (tmp_path / "cafe.toml").write_text("[plan]\nholdout_share = 0.1\n")
    with pytest.raises(ValueError, match="0 lines that set"):
        write_campaign(tmp_path / "cafe.toml", tmp_path / "out.toml", 1)
