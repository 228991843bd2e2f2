"""Who acts at the shell, and that a reason names nobody."""

import pytest

from people.reason import ReasonFault
from river.actor import by_shell


def test_whoever_is_logged_in_says_why(monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    assert (by_shell(" a new till ").actor, by_shell(" a new till ").why) == ("shell:ann", "a new till")


@pytest.mark.parametrize("why", ["till of card 4000 1234", "card no. 40001234", "zoe%40x.example"])
def test_a_reason_that_names_somebody_is_refused(why):
    with pytest.raises(ReasonFault, match="naming"):
        by_shell(why)
