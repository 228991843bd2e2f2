import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from people.components import components
from people.evidence import CODES, QUEUED, RULINGS, VERDICTS, link
from people.identity import kind_of
from people.resolution import Evidence, resolve
from tests.people.chain import ref, since, told, who_is_who


def resolved(links, rulings=None, taken=None):
    """(person by reference, verdict by link) by the arrays."""
    rulings, taken = rulings or {}, taken or {}
    names = sorted({end for one in links for end in (one.left, one.right)})
    row = {name: at for at, name in enumerate(names)}
    order = {
        one: at
        for at, one in enumerate(sorted(links, key=lambda x: (x.seen_us, x.source, x.evidence, x.left, x.right)))
    }
    first = [min(one.seen_us for one in links if name in one[:2]) for name in names]
    found = resolve(
        Evidence(
            np.array([CODES.index(kind_of(name)) for name in names], np.uint8),
            np.array(first, np.int64),
            *(np.array([row[end] for end in ends], np.int64) for ends in zip(*(one[:2] for one in links), strict=True)),
            np.array([since(one, taken) for one in links], np.int64),
            np.array([order[one] for one in links], np.int64),
            np.array([RULINGS.index(rulings.get(one, "")) for one in links], np.uint8),
        )
    )
    person = {name: names[at] for name, at in zip(names, found.person.tolist(), strict=True)}
    return person, {one: VERDICTS[at] for one, at in zip(links, found.verdict.tolist(), strict=True)}


def groups(*links, rulings=None):
    """Names of persons with more than one identity, each with the others, and reasons of those that wait, in order."""
    person, verdicts = resolved(list(links), rulings)
    found = {name: {each for each in person if person[each] == name} - {name} for name in set(person.values())}
    return {name: others for name, others in found.items() if others}, [verdicts[one] for one in links]


def refs(*names):
    return {ref(name) for name in names}


# What is told (two ends and the day; "!" and the evidence where it matters), who is who then, and what waits.
TABLE = """
card1-phone1@1                          | card1: phone1 |
phone9-phone9@1 card1-phone9@2          | phone9: card1 |
card1-card1@1 app1-card1@2              | app1: card1 |
app1-app1@1 ann-app1@2                  | ann: app1 |
device1-device1@1 device1-phone1@2      | phone1: device1 |
receipt1-receipt1@1 device1-receipt1@2  | device1: receipt1 |
app2-phone1@1 app1-phone1@2             | app2: phone1 | two_apps
card1-phone1@1 card2-phone1@2           | card1: phone1 | two_cards
ann-bob@1                               | | two_users
ann-phone1@1 ann-phone2@1 ann-mail1@1 ann-mail2@1 ann-device1@1 ann-device2@1 | ann: phone1 phone2 mail1 mail2 device1 device2 |
ann-receipt1@1 phone1-receipt1@2        | ann: receipt1 | claimed_twice
ann-receipt1@1 ann-phone1@2 phone1-receipt1@3 | ann: phone1 receipt1 |
ann-receipt1@1 ann-receipt2@1           | ann: receipt1 receipt2 |
app1-phone1@1 phone1-mail1@2 app2-device1@1 device1-mail1@3 | app1: phone1 mail1; app2: device1 | two_apps
app1-phone1@1!b app2-phone1@1!a         | app2: phone1 | two_apps
ann-app1@1 bob-app1@2 bob-card1@3       | ann: app1; bob: card1 | two_users
"""


def story(text):
    return [
        told(*re.split("[-@]", one.split("!")[0])[:2], int(re.split("[@!]", one)[1]), evidence=one.partition("!")[2])
        for one in text.split()
    ]


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_who_is_who(line):
    evidence, people, waits = (part.strip() for part in line.split("|"))
    found, verdicts = groups(*story(evidence))
    wanted = [person.split(":") for person in people.split(";") if person]
    assert found == {ref(name.strip()): refs(*others.split()) for name, others in wanted}
    assert [verdict for verdict in verdicts if verdict != "joined"] == waits.split()
    assert set(waits.split()) <= set(QUEUED)


def test_of_two_accounts_joined_by_an_operator_the_oldest_stays_and_ties_go_by_id():
    apart = [told("zoe", "zoe", 1), told("ann", "ann", 2)]
    both = told("ann", "zoe", 3, "operator")
    accepted = {both: "accepted"}
    assert groups(*apart, both, rulings=accepted)[0] == {"zoe": {"ann"}}
    assert groups(told("ann", "ann", 1), *apart, both, rulings=accepted)[0] == {"ann": {"zoe"}}
    assert groups(both, rulings=accepted)[0] == {"ann": {"zoe"}}


def test_an_operator_turns_the_queue_around_and_back():
    first, second = told("app1", "phone1", 1), told("app2", "phone1", 2)
    assert groups(first, second, rulings={first: "rejected"}) == ({}, ["rejected", "two_apps"])
    turned = {first: "rejected", second: "accepted"}
    assert groups(first, second, rulings=turned) == ({ref("app2"): refs("phone1")}, ["rejected", "joined"])
    # One accepted is true, and the other waits; both accepted make the two accounts one person.
    assert groups(first, second, rulings={second: "accepted"}) == (
        {ref("app2"): refs("phone1")},
        ["two_apps", "joined"],
    )
    both = {first: "accepted", second: "accepted"}
    assert groups(first, second, rulings=both)[0] == {ref("app1"): refs("app2", "phone1")}
    assert groups(first, second) == ({ref("app1"): refs("phone1")}, ["joined", "two_apps"])


@pytest.mark.parametrize(
    ("story_", "rejected", "people", "verdicts"),
    [
        # Somebody else's link that waits on the rejected one, through what hangs on it.
        ("app1-phone1@1 phone1-mail1@2 app2-mail1@3", 0, {"phone1": "mail1"}, "rejected joined two_apps"),
        # It waits on another too.
        ("app1-phone1@1 app1-phone1@2!b app2-phone1@3", 0, {"app1": "phone1"}, "rejected joined two_apps"),
        # What was one person by two ways is one by the other.
        ("app1-phone1@1 phone1-mail1@2 app1-mail1@3", 1, {"app1": "phone1 mail1"}, "joined rejected joined"),
        # A claim that was theirs anyhow is a second one's when they are apart.
        ("ann-receipt1@1 ann-phone1@2 phone1-receipt1@3", 1, {"ann": "receipt1"}, "joined rejected claimed_twice"),
        # To reject what waits sets nobody free, nor holds anybody.
        ("app1-phone1@1 app2-phone1@2 app2-mail1@3", 1, {"app1": "phone1", "app2": "mail1"}, "joined rejected joined"),
    ],
)
def test_a_split_lets_nothing_in_that_waited(story_, rejected, people, verdicts):
    links = story(story_)
    found, told_ = groups(*links, rulings={links[rejected]: "rejected"})
    assert found == {ref(name): refs(*others.split()) for name, others in people.items()}
    assert told_ == verdicts.split()


POOL = ["ann", "bob", "app1", "app2", "card1", "card2", "phone1", "phone2", "device1", "mail1", "receipt1", "receipt2"]
LINKS = st.builds(
    lambda pair, source, day, evidence: told(*pair, day=day, source=source, evidence=evidence),
    st.tuples(st.sampled_from(POOL), st.sampled_from(POOL)).filter(
        lambda pair: pair[0] == pair[1] or not all(name.startswith("receipt") for name in pair)
    ),
    st.sampled_from(["app", "till"]),
    st.integers(1, 6),
    st.sampled_from(["a", "b"]),
)
HISTORIES = st.lists(LINKS, min_size=1, max_size=24, unique=True)


@settings(max_examples=300, deadline=None)
@given(HISTORIES, st.data())
@example(
    [told("receipt1", "phone1", 1), told("receipt1", "phone1", 2, evidence="b"), told("receipt1", "card1", 3)], None
)
def test_any_order_gives_what_the_slow_way_gives(links, data):
    rulings = {}
    if data is not None:
        rulings = data.draw(
            st.dictionaries(st.sampled_from(links), st.sampled_from(["accepted", "rejected"]), max_size=4)
        )
    wanted = who_is_who(links, rulings)
    assert resolved(links, rulings) == wanted
    shuffled = list(reversed(links)) if data is None else data.draw(st.permutations(links))
    assert resolved(shuffled, rulings) == wanted


@settings(max_examples=150, deadline=None)
@given(HISTORIES, st.data())
def test_however_many_are_rejected_what_waited_joins_nobody(links, data):
    _, before = resolved(links)
    rejected = data.draw(st.sets(st.sampled_from(links)))
    _, after = resolved(links, dict.fromkeys(rejected, "rejected"))
    for one in links:
        if before[one] != "joined":
            assert after[one] == ("rejected" if one in rejected else before[one])


def test_the_histories_reach_every_verdict():
    seen = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(HISTORIES)
    def run(links):
        seen.update(resolved(links)[1].values())

    run()
    assert seen == {"joined", *QUEUED}


@pytest.mark.parametrize("shape", ["chain", "star", "star of the last", "apart", "random"])
def test_components_of_every_shape(shape):
    n, rng = 2000, np.random.default_rng(3)
    ends = {
        "chain": (np.arange(n - 1), np.arange(1, n)),
        "star": (np.zeros(n - 1, int), np.arange(1, n)),
        "star of the last": (np.full(n - 1, n - 1), np.arange(n - 1)),
        "apart": (np.arange(n), np.arange(n)),
        "random": (rng.integers(0, n, 700), rng.integers(0, n, 700)),
    }[shape]
    mixed = rng.permutation(len(ends[0]))
    groups_ = {at: {at} for at in range(n)}
    for a, b in zip(*(side.tolist() for side in ends), strict=True):
        if groups_[a] is not groups_[b]:
            groups_[a] |= groups_[b]
            groups_.update(dict.fromkeys(groups_[b], groups_[a]))
    found = components(n, *(side.astype(np.int64)[mixed] for side in ends))
    assert found.tolist() == [min(groups_[at]) for at in range(n)]


def test_no_evidence_at_all():
    assert components(0, np.array([], np.int64), np.array([], np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("ends", "source", "evidence", "says"),
    [
        (("ann", "card1"), "rumour", "e", "source"),
        (("ann", "card1"), "till", "", "evidence"),
        (("receipt1", "receipt2"), "till", "e", "receipt"),
    ],
)
def test_evidence_that_is_none(ends, source, evidence, says):
    with pytest.raises(ValueError, match=says):
        link(*map(ref, ends), source, evidence, 0)
