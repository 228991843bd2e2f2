"""What 256 tills do to a ledger at the same moment. Adapters give `url`, a ledger without entries, and `empty_urls`, a few
databases without tables."""

from __future__ import annotations

import json
from collections import Counter

import pytest
import sqlalchemy as sa

from offers.acting import Acting
from offers.acts import Act
from offers.database import LedgerError
from offers.desk import Desk
from offers.journal import Journal
from offers.loading import load
from offers.opening import open_chain
from offers.tables import accounts
from offers.tables import coupons as coupons_table
from offers.verify import verify
from tests.offers.desk_world import AT, PLANNED, ask
from tests.suites.race_world import LATTES, Judge, back, call, held_and_paid, issued, redeemed, tally
from tests.suites.racing import N_RACERS, N_THREADS, Crew

N_ROUNDS, N_FEW = 200, 4
RACERS, LOSERS = range(N_RACERS), N_RACERS - 1
OTHERS = ("hold", "redeem", "release")
EXHAUSTED, REACHED = "budget_exhausted", "limit_reached"


class Racing:
    """A suite with a crew and a judge."""

    @pytest.fixture(scope="class")
    def crew(self, tmp_path_factory):
        crew = Crew(tmp_path_factory.mktemp("crew"))
        yield crew
        crew.leave()

    @pytest.fixture
    def judged(self, url):
        """Judges once the race is over: nothing an answer lost, and verify content."""
        judges = []

        def judged(crew):
            judges.append(Judge(url))
            faults = judges[-1].verified() + judges[-1].lost(crew.heard)
            assert not faults, faults[:5]
            return judges[-1]

        yield judged
        for judge in judges:
            judge.close()


class RaceSuite(Racing):
    @pytest.mark.timeout(600)
    def test_one_coupon_is_paid_once(self, url, crew, judged):
        coupons = issued(url, N_ROUNDS, 100 * N_ROUNDS)
        with crew.at(url):
            for n, coupon in enumerate(coupons):
                told = crew.run([call("redeem", coupon.code, f"{n}-{racer}") for racer in RACERS])
                assert tally(told) == {"done": 1, "already_redeemed": LOSERS}
        found = judged(crew)
        assert found.spent() == 100 * N_ROUNDS
        refused = Counter((row.order_id.split("-")[0], row.reason) for row in found.entries if row.kind == "refused")
        assert refused == {(str(n), "already_redeemed"): LOSERS for n in range(N_ROUNDS)}

    def test_one_coupon_many_desks(self, url, crew, judged):
        # Threads of one process that share no desk meet in the database only.
        coupons = issued(url, N_FEW, 100 * N_FEW)
        with crew.at(url, n_desks=8):
            for n, coupon in enumerate(coupons):
                told = crew.run([call("redeem", coupon.code, f"{n}-{racer}") for racer in RACERS])
                assert tally(told) == {"done": 1, "already_redeemed": LOSERS}
        assert judged(crew).spent() == 100 * N_FEW

    def test_fresh_databases_opened_by_all(self, empty_urls, crew):
        for url in empty_urls:
            with crew.at(url):
                pass
            assert verify(Journal(url)) == []

    # -- the last cents, the last coupon: every racer has a coupon of its own, for one of two stores a day apart

    @pytest.mark.parametrize("verbs", [("redeem",), ("hold", "redeem")], ids="+".join)
    @pytest.mark.parametrize(
        ("world", "refusal", "by", "taken"),
        [
            ({"granted": 350}, EXHAUSTED, "all", {"all": 3}),
            ({"budget": {"per_store_cents": 250}}, EXHAUSTED, "store_id", {"soho": 2, "auckland": 2}),
            ({"budget": {"per_day_cents": 150}}, EXHAUSTED, "day", {"2025-11-04": 1, "2025-11-05": 1}),
            ({"budget": {"per_user_cents": 399}, "users": 2}, EXHAUSTED, "user_id", {"u000": 3, "u001": 3}),
            ({"per_user_day": 2, "users": 2}, REACHED, "user_id", {"u000": 2, "u001": 2}),
            ({"per_user": 1, "users": 4}, REACHED, "user_id", {f"u00{n}": 1 for n in range(4)}),
            ({"coupons": 3}, REACHED, "all", {"all": 3}),
        ],
        ids=["campaign", "store", "day", "user", "a users day", "a user ever", "coupons"],
    )
    def test_the_last_of_a_limit(self, url, crew, judged, world, refusal, by, taken, verbs):
        coupons = issued(url, N_RACERS, **{"granted": 10**6, "auckland": True, **world})
        with crew.at(url):
            told = crew.run(
                [
                    call(verbs[racer % len(verbs)], coupon.code, f"o{racer}", store_id=coupon.store_id)
                    for racer, coupon in enumerate(coupons)
                ]
            )
        assert tally(told) == {"done": sum(taken.values()), refusal: N_RACERS - sum(taken.values())}
        assert judged(crew).taken_by(by) == taken

    def test_the_last_cents_of_the_chain(self, url, crew, judged):
        journal = Journal(url)
        with journal.write() as connection:
            open_chain(connection, 350, PLANNED)
        journal.close()
        coupons = [coupon for id in ("a", "b") for coupon in issued(url, N_RACERS // 2, 10**6, id=id)]
        with crew.at(url):
            told = crew.run([call("redeem", coupon.code, f"o{racer}") for racer, coupon in enumerate(coupons[::-1])])
        assert tally(told) == {"done": 3, EXHAUSTED: N_RACERS - 3}
        assert judged(crew).spent() == 300

    # -- holds

    def test_what_an_order_holds_is_paid_by_that_order(self, url, crew, judged):
        coupons = issued(url, N_FEW, 10**6)
        with crew.at(url):
            for n, coupon in enumerate(coupons):
                told = crew.run([call("hold", coupon.code, f"{n}-{racer}") for racer in RACERS])
                assert tally(told) == {"done": 1, "already_redeemed": LOSERS}
                (holder,) = (one.racer for one in told if one.outcome == "done")
                others = [call(OTHERS[racer % 3], coupon.code, f"{n}-other-{racer}") for racer in RACERS]
                others[holder] = call("release", coupon.code, f"{n}-{holder}")
                assert crew.run(others)[holder].outcome == "done"
                crew.run([call(OTHERS[racer % 3], coupon.code, f"{n}+{racer // 3}") for racer in RACERS])
                crew.run([call("redeem", coupon.code, f"{n}+{racer}", key=f"{n} last {racer}") for racer in RACERS])
                crew.run(
                    [call("redeem", coupon.code, f"{n}-other-{racer}", key=f"{n} late {racer}") for racer in RACERS]
                )
        found = judged(crew)
        assert [held_and_paid(found.of(coupon.offer_id)) for coupon in coupons] == [1] * N_FEW

    def test_a_withdrawn_coupon_isnt_paid_and_a_paid_one_isnt_withdrawn(self, url, crew, judged):
        coupons, won = issued(url, 3 * N_FEW, 10**6), Counter()
        with crew.at(url):
            for n, coupon in enumerate(coupons):
                # A withdrawal looks its coupon up first and mostly comes too late, so some rounds have nothing else.
                withdrawing = [n % 3 == 0 or (racer + n) % 4 == 0 for racer in RACERS]
                told = crew.run(
                    [
                        call("withdraw", coupon.offer_id, "") if first else call("redeem", coupon.code, f"{n}-{racer}")
                        for racer, first in enumerate(withdrawing)
                    ]
                )
                (winner,) = (one for one in told if one.outcome == "done")
                refusal = "released" if winner.key is None else "already_redeemed"
                assert tally(told) == {"done": 1, refusal: LOSERS}
                late = crew.run([call("redeem", coupon.code, f"{n}+{racer}") for racer in RACERS])
                assert tally(late) == {refusal: N_RACERS}
                won[refusal] += 1
        assert judged(crew).spent() == 100 * won["already_redeemed"]
        assert set(won) == {"released", "already_redeemed"}

    # -- keys

    @pytest.mark.parametrize("verb", ["redeem", "release"])
    def test_one_key_sent_by_all_is_one_act(self, url, crew, judged, verb):
        codes = [*(coupon.code for coupon in issued(url, N_FEW, 10**6)), "nonsense"]
        calls = [call(verb, code, f"o-{code}") for code in codes]
        with crew.at(url):
            heard = [{(one.outcome, one.body) for one in crew.run([one] * N_RACERS)} for one in calls]
        assert any(("in_flight", None) in answers for answers in heard)
        found = judged(crew)
        assert [answers - {("in_flight", None)} for answers in heard] == [{found.ask_again(one)} for one in calls]
        acts = [row.order_id for row in found.entries if row.kind in (verb, "refused")]
        assert sorted(acts) == sorted(one.ask.order_id for one in calls)
        assert found.spent() == (100 * N_FEW if verb == "redeem" else 0)

    def test_one_key_for_many_bodies_is_one_act(self, url, crew, judged):
        # Coupons of two campaigns: no lock is common to both, so only the key itself keeps them apart.
        pairs = list(zip(*(issued(url, N_FEW, 10**6, id=id) for id in ("a", "b")), strict=True))
        # The first of each process come with different bodies.
        bodies = [(racer + racer // N_THREADS) % 8 for racer in RACERS]
        rounds = [
            [call("redeem", pair[body % 2].code, f"{n}-{body}", key=f"k{n}") for body in bodies]
            for n, pair in enumerate(pairs)
        ]
        with crew.at(url):
            heard = [crew.run(calls) for calls in rounds]
        found = judged(crew)
        for calls, told in zip(rounds, heard, strict=True):
            assert {one.outcome for one in told} <= {"done", "reused", "in_flight"}
            (winner,) = {bodies[one.racer] for one in told if one.outcome == "done"}
            assert [found.ask_again(one)[0] for one in calls[:8]] == [
                "done" if n == winner else "reused" for n in range(8)
            ]
        assert found.spent() == 100 * N_FEW

    # -- taking back

    def test_a_redemption_is_taken_back_once(self, url, crew, judged):
        coupons = redeemed(url, issued(url, N_FEW, 10**6))
        with crew.at(url):
            for coupon in coupons:
                told = crew.run([back(coupon, f"{racer}") for racer in RACERS])
                assert tally(told) == {"done": 1, "released": LOSERS}
        assert judged(crew).spent() == 0

    def test_what_is_taken_back_can_be_spent_once(self, url, crew, judged):
        # Of every pair of coupons the budget has money for one, and the first is redeemed.
        pairs = [issued(url, 2, 100, id=f"c{n}") for n in range(3 * N_FEW)]
        redeemed(url, [one for one, _ in pairs])
        paid = 0
        with crew.at(url):
            for n, (one, other) in enumerate(pairs):
                calls = [
                    (back(one, f"{r}"), call("redeem", one.code, f"{n}-{r}"), call("redeem", other.code, f"{n}-{r}"))
                    for r in RACERS
                ]
                told = crew.run([three[(racer + n) % 3] for racer, three in enumerate(calls)])
                by = [Counter(x.outcome for x in told if (x.racer + n) % 3 == which) for which in range(3)]
                assert by[0] == {"done": 1, "released": by[0].total() - 1}
                assert by[1] == {"already_redeemed": by[1].total()}
                assert by[2]["done"] <= 1
                assert set(by[2]) <= {"done", "already_redeemed", EXHAUSTED}
                paid += 100 * by[2]["done"]
        assert judged(crew).spent() == paid

    @pytest.mark.parametrize("n_whole", [0, 1, 128])
    def test_parts_come_back_up_to_the_whole(self, url, crew, judged, n_whole):
        coupons = redeemed(url, issued(url, N_FEW, 10**6), units=LATTES)
        with crew.at(url):
            for n, coupon in enumerate(coupons):
                # A whole return takes whatever is left, so it may come first, in between, or too late.
                whole = {(n * 50 + step) % N_RACERS for step in range(n_whole)}
                told = crew.run([back(coupon, f"{r}", None if r in whole else 1) for r in RACERS])
                done = [(json.loads(one.body), one.racer in whole) for one in told if one.outcome == "done"]
                done.sort(key=lambda one: int(one[0]["entry_id"].split(":")[1]))
                assert sum(body["units"] for body, _ in done) == LATTES
                assert sum(body["discount_cents"] for body, _ in done) == 100
                assert all(body["units"] == 1 for body, all_left in done if not all_left)
                assert not any(all_left for _, all_left in done[:-1]), "something came back after the whole"
                assert tally(told) == {"done": len(done), "released": N_RACERS - len(done)}
        found = judged(crew)
        assert (found.spent(), found.cents("reverse")) == (0, 100 * N_FEW)

    # -- without network

    def test_what_tills_paid_without_network_is_spent_or_overpaid(self, url, crew, judged):
        coupons, paid, online = issued(url, N_FEW, 10**6), 0, set()
        with crew.at(url):
            for n, coupon in enumerate(coupons):
                told = crew.run([call("token", coupon.code, "", key=f"{n} token {racer}") for racer in RACERS])
                assert tally(told) == {"done": N_RACERS}
                # Each sale comes in four times, by two processes: it was sent again for want of an answer.
                calls = [
                    (
                        call("settle", coupon.code, f"{n}-sale-{racer % 128 // 4}"),
                        call("redeem", coupon.code, f"{n}-online-{racer}"),
                        call("settle", coupon.code, f"{n}-sale-{racer % 128 // 4}"),
                        call("token", coupon.code, "", key=f"{n} late token {racer}"),
                    )[(racer + n) % 4]
                    for racer in RACERS
                ]
                told = crew.run(calls)
                sold = {calls[one.racer].ask.order_id: one.outcome for one in told if calls[one.racer].verb == "settle"}
                assert set(sold.values()) == {"done"}
                by_net = sum(one.outcome == "done" and calls[one.racer].verb == "redeem" for one in told)
                paid += 100 * (len(sold) + by_net)
                online.add(by_net)
        found = judged(crew)
        assert len(sold) == 32
        assert (found.spent(), found.spent() + found.cents("overpay")) == (100 * len(coupons), paid)
        assert online <= {0, 1}

    # -- below the lock

    @pytest.mark.parametrize(
        "changed",
        [
            sa.update(coupons_table).values(state="redeemed", order_id="another"),
            sa.update(accounts).where(accounts.c.campaign_id == "c").values(head_seq=accounts.c.head_seq + 1),
        ],
        ids=["coupon", "account"],
    )
    def test_what_moves_under_the_lock_is_noticed(self, url, changed):
        # A database that doesn't lock is the one thing that no rule can see; what is written says what it found.
        (coupon,), journal = issued(url, 1, 100), Journal(url)
        act = Act("redeem", coupon.code, ask(), "k", AT)
        with journal.write() as connection:
            acting = Acting(load(connection, {coupon.code}, {"o1"}, AT, lock=True))
            assert acting.carry_out(act, None).ok
            meanwhile = connection.begin_nested()
            connection.execute(changed)
            with pytest.raises(LedgerError, match="moved under"):
                acting.write(connection)
            meanwhile.rollback()
        assert verify(journal) == []
        assert Desk(journal).redeem(coupon.code, ask(), "k", AT).ok
        journal.close()
