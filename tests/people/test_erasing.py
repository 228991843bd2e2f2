"""A person goes out of the registry whole; nobody else's evidence stands on theirs; the audit replays to what is stored."""

import pytest
import sqlalchemy as sa

from people.audit import AuditRow, replay
from people.consent import say, unwilling
from people.directory import ends, names_of, resolved, version
from people.erasing import ask, close, forget, note, receipts, under_way
from people.numbering import Ticket
from people.proof import differences
from people.registry import RulingFault, rule, take
from people.secret import References
from people.tables import AUDIT, CONSENT, IDENTITIES, LINKS, TARGETS
from people.tombstones import stones_of
from tests.people.chain import database, ref, told

NOW = 10**9


def stored(connection):
    rows = [
        AuditRow(*(getattr(row, name) for name in AuditRow._fields))
        for row in connection.execute(sa.select(AUDIT).order_by(AUDIT.c.seq))
    ]
    state = replay(rows)
    for row in connection.execute(sa.select(IDENTITIES)):
        assert state.person.get(row.number, row.number) == row.person
    for row in connection.execute(sa.select(LINKS)):
        assert (state.verdict[row.number], state.ruling.get(row.number, "")) == (row.verdict, row.ruling)


def erase(connection, references, who):
    names = names_of(connection, who)
    erasure_id = ask(connection, references, who, "key", NOW)
    found = forget(connection, names, "key", NOW)
    close(connection, erasure_id, NOW + 1)
    return erasure_id, found


def test_all_ids_of_a_person_are_asked_about_and_buried_but_the_receipt(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        receipt = ref("receipt1")
        take(connection, [told("ann", ref("card1")), told("ann", receipt)], "t", 1, {receipt: Ticket("soho", "o1")})
        before = version(connection)
        erasure_id = ask(connection, references, ref("card1"), "key", NOW)
        assert under_way(connection) == {erasure_id: ["ann", ref("card1"), receipt]}
        assert set(stones_of(connection, references, ["ann", ref("card1"), receipt])) == {"ann", ref("card1")}
        assert version(connection) > before
        assert ask(connection, references, "ann", "key", NOW + 5) == erasure_id


def test_nobody_known_is_buried_too(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        erase(connection, references, "zoe")
        assert set(stones_of(connection, references, ["zoe"])) == {"zoe"}


def test_nothing_is_left_by_name_and_the_audit_replays(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        take(connection, [told("ann", ref("card1"), evidence="ann's ticket"), told("bob", ref("card2"))], "t", 1)
        say(connection, references, "ann", {"offers": False}, "key", 1)
        stored(connection)
        erasure_id, found = erase(connection, references, "ann")
        assert found == {"identities": 2, "links": 1, "consent": 1}
        stored(connection)
        for table in (IDENTITIES, LINKS, AUDIT, CONSENT, TARGETS):
            left = str(connection.execute(sa.select(table)).all())
            assert "ann" not in left
            assert ref("card1") not in left
        assert resolved(connection) == {ref("card2"): "bob"}
        (receipt,) = receipts(connection, [erasure_id])
        assert (receipt.asked_us, receipt.done_us, receipt.actor) == (NOW, NOW + 1, "key")


def test_one_erasure_leaves_everybody_else_and_every_other_erasure_as_they_are(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        take(connection, [told("ann", ref("card1")), told("bob", ref("card2")), told("cat", ref("card3"))], "t", 1)
        for who in ("ann", "bob", "cat"):
            say(connection, references, who, {"offers": False}, "key", 1)
        anns, bobs = (ask(connection, references, who, "key", NOW) for who in ("ann", "bob"))
        note(connection, bobs, {"events": 7})
        note(connection, anns, {"events": 2})
        forget(connection, names_of(connection, "ann"), "key", NOW)
        close(connection, anns, NOW + 1)
        told_of = {one.erasure_id: (dict(one.counts), one.done_us) for one in receipts(connection, [anns, bobs])}
        assert told_of == {anns: ({"events": 2}, NOW + 1), bobs: ({"events": 7}, None)}
        assert under_way(connection) == {bobs: ["bob", ref("card2")]}
        assert unwilling(connection, ["ann", "bob", "cat"], "offers") == sorted(
            ["bob", "cat", ref("card2"), ref("card3")]
        )
        assert [ends(connection, n) for n in (1, 2)] == [[], sorted(["bob", ref("card2")])]
        rule(connection, 3, "rejected", "ada", "sold", NOW + 2)
        assert names_of(connection, "cat") == ["cat"]
        with pytest.raises(RulingFault, match="link 1 is of somebody who was erased"):
            rule(connection, 1, "accepted", "ada", "found", NOW + 2)
        stored(connection)


def test_what_waited_on_the_erased_person_does_not_join_anybody(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        # The card is Ann's; that Bob showed it too waits.
        take(connection, [told("ann", ref("card1"), 1), told("bob", ref("card1"), 2)], "t", 1)
        erase(connection, references, "ann")
        stored(connection)
        take(connection, [told("bob", ref("phone1"), 3)], "t", 2)
        stored(connection)
        assert names_of(connection, "bob") == ["bob", ref("phone1")]


def test_what_waited_on_a_rejected_link_waits_no_more_when_one_of_its_ends_is_erased(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        take(connection, [told("ann", ref("phone1"), 1), told("bob", ref("phone1"), 2)], "t", 1)
        rule(connection, 1, "rejected", "ada", "sold", 2)
        assert names_of(connection, "bob") == ["bob"]
        erase(connection, references, "ann")
        stored(connection)
        assert differences(connection) == []
        # Nobody else is left whom the phone could be.
        assert names_of(connection, "bob") == ["bob", ref("phone1")]


def test_the_same_card_later_is_a_new_identity(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        take(connection, [told("ann", ref("card1"))], "t", 1)
        erase(connection, references, "ann")
        take(connection, [told("eve", ref("card1"), 5)], "t", 2)
        assert names_of(connection, ref("card1")) == ["eve", ref("card1")]
        stored(connection)


def test_a_count_told_again_after_a_break_keeps_the_larger(tmp_path):
    references = References(tmp_path / "key")
    with database() as connection:
        erasure_id = ask(connection, references, "ann", "key", NOW)
        note(connection, erasure_id, {"events": 7})
        note(connection, erasure_id, {"events": 2, "online": 1})
        (receipt,) = receipts(connection, [erasure_id])
        assert (dict(receipt.counts), receipt.done_us) == ({"events": 7, "online": 1}, None)
