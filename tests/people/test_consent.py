"""The last word counts, and the default where nothing was said."""

import pytest

from people import consent
from people.consent import PURPOSES, ConsentFault, Word, allowed, permission, said, say, version, willing
from people.evidence import link
from people.registry import take
from people.secret import References
from people.tombstones import Tombstone, bury, every
from tests.people.chain import database, ref

YES, NO = True, False


def word(granted, at_us, reference="ann", purpose="offers"):
    return Word(reference, purpose, granted, at_us, "key")


@pytest.mark.parametrize(
    ("words", "default", "offers"),
    [
        ([], "opt-out", YES),
        ([], "opt-in", NO),
        ([word(NO, 1)], "opt-out", NO),
        ([word(YES, 1)], "opt-in", YES),
        ([word(NO, 1), word(YES, 2)], "opt-in", YES),
        ([word(YES, 2), word(NO, 1)], "opt-in", YES),
        ([word(YES, 1, "card"), word(NO, 2, "ann")], "opt-out", NO),
        ([word(YES, 2, "card"), word(NO, 2, "ann")], "opt-out", NO),
        ([word(NO, 2, "card"), word(YES, 2, "ann")], "opt-out", YES),
        ([word(NO, 1, purpose="recommend")], "opt-out", YES),
    ],
)
def test_one_persons_words(words, default, offers):
    assert allowed(words, default)["offers"] is offers
    assert set(allowed(words, default)) == set(PURPOSES)


def test_words_are_added_and_everybodys_are_known(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        assert version(connection) == 0
        say(connection, references, "ann", {"offers": NO, "measurement": YES}, "key", 1)
        say(connection, references, "card-1", {"offers": YES}, "key", 2)
        assert [one.purpose for one in said(connection, ["ann"])] == ["measurement", "offers"]
        apart = permission(connection, {}, "offers", "opt-out")
        assert [apart.of(who) for who in ("ann", "card-1", "bob")] == [NO, YES, YES]
        one = permission(connection, {"card-1": "ann"}, "offers", "opt-in")
        assert [one.of(who) for who in ("ann", "bob")] == [YES, NO]
        assert version(connection) == 3


def test_a_word_on_another_purpose_says_nothing_of_this_one(tmp_path):
    with database() as connection:
        say(connection, References(tmp_path / "key"), "ann", {"recommend": False}, "key", 1)
        for default in ("opt-out", "opt-in"):
            assert permission(connection, {}, "offers", default).of("ann") is (default == "opt-out")


@pytest.mark.parametrize("default", ["opt-out", "opt-in"])
def test_of_many_ids_those_are_willing_whose_person_is(tmp_path, monkeypatch, default):
    monkeypatch.setattr(consent, "_ASKED", 2)
    references = References(tmp_path / "key")
    apps = [ref(f"app{at}") for at in range(3)]
    with database() as connection:
        asked = {"ann", "bob", "eve", "zoe", apps[0]}
        assert willing(connection, asked, "offers", default) == (asked if default == "opt-out" else set())
        take(
            connection,
            [link(app, who, "login", "s", 1) for app, who in zip(apps, ("ann", "bob", "eve"), strict=True)],
            "key",
            1,
        )
        for who, told in ((apps[0], NO), ("bob", NO), (apps[1], YES), (apps[2], YES), ("eve", NO)):
            say(connection, references, who, {"offers": told}, "key", 2)
        # Of two words of one moment the one that came in last; zoe said none, ann did as an app.
        assert willing(connection, asked, "offers", default) == {"bob"} | ({"zoe"} if default == "opt-out" else set())
        assert willing(connection, set(), "offers", default) == set()
        assert "ann" in willing(connection, {"ann"}, "recommend", "opt-out")


def test_a_word_on_nothing_is_refused(tmp_path):
    with database() as connection:
        for told in ({}, {"everything": YES}):
            with pytest.raises(ConsentFault, match="recommend, offers, measurement"):
                say(connection, References(tmp_path / "key"), "ann", told, "key", 1)
        assert version(connection) == 0


def test_a_yes_of_an_erased_person_brings_them_back_and_a_no_does_not(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        bury(connection, {references.mark("ann")}, 5)
        say(connection, references, "ann", {"offers": NO}, "key", 7)
        assert list(every(connection).values()) == [Tombstone(5, None)]
        say(connection, references, "ann", {"offers": YES}, "key", 9)
        assert list(every(connection).values()) == [Tombstone(5, 9)]
