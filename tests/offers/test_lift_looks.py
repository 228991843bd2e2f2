import threading
from dataclasses import replace

import pytest

from offers.errors import PlanError
from offers.lift_looks import N_BUCKETS, Group, group, looks_file, one_at_a_time, read, remember, told_again
from tests.offers.test_lift_report import REPORT

SECRET = b"s" * 32
PEOPLE = [f"p{n}" for n in range(30)]


def look(changed=(), gone=(), people=PEOPLE):
    return group([(who, "new" if who in changed else "old") for who in people if who not in gone], SECRET)


def test_the_order_of_people_is_none_and_the_secret_is():
    assert group([("a", "1"), ("b", "2")], SECRET) == group([("b", "2"), ("a", "1")], SECRET)
    assert group([("a", "1")], SECRET) != group([("a", "1")], b"t" * 32)
    assert [look(people=PEOPLE[:n]).enough for n in (9, 10)] == [False, True]
    assert len(look().digest) == 4 * N_BUCKETS


@pytest.mark.parametrize(("n", "is_told"), [(0, False), (1, False), (9, False), (11, True), (30, True)])
def test_until_ten_changed_the_old_report_is_told(tmp_path, n, is_told):
    """Two of thirty may share a bucket, so ten may count as nine and never the other way round."""
    assert told_again(tmp_path, "c", {"all": look()}) is None
    remember(looks_file(tmp_path, "c"), {"all": look()}, REPORT)
    for now in (look(changed=PEOPLE[:n]), look(gone=PEOPLE[:n])):
        assert (told_again(tmp_path, "c", {"all": now}) is None) is is_told


def test_no_more_buckets_than_people_change():
    many = [f"m{n}" for n in range(3000)]
    for n in (1, 9):
        now, then = (bytes.fromhex(look(gone, people=many).digest) for gone in ((), set(many[:n])))
        assert sum(now[at : at + 2] != then[at : at + 2] for at in range(0, len(now), 2)) <= n


def test_each_group_changes_by_nobody_or_by_ten(tmp_path):
    remember(looks_file(tmp_path, "c"), {"all": look(), "held": look()}, REPORT)
    many = look(changed=PEOPLE)
    for held, is_told in ((look(), True), (look(gone=["p7"]), False), (many, True)):
        assert (told_again(tmp_path, "c", {"all": many, "held": held}) is None) is is_told


def test_a_group_too_small_to_be_told_of_holds_nothing_still(tmp_path):
    nine = [look(people=PEOPLE[:9]), look(changed=PEOPLE, people=PEOPLE[:9])]
    remember(looks_file(tmp_path, "c"), {"all": look(), "held": nine[0]}, REPORT)
    assert told_again(tmp_path, "c", {"all": look(changed=PEOPLE), "held": nine[1]}) is None
    remember(looks_file(tmp_path, "c"), {"few": nine[0]}, REPORT)
    assert told_again(tmp_path, "c", {"few": nine[0]}) is None
    # One more and it would be told of: that one is not uncovered.
    ten = look(people=PEOPLE[:10])
    assert told_again(tmp_path, "c", {"all": look(changed=PEOPLE), "held": ten}) == REPORT


def test_ten_who_go_and_come_back_uncover_nobody(tmp_path):
    """The third look is far from the second, and one person from the first."""
    helpers = PEOPLE[10:25]
    second = replace(REPORT, discounts_cents=5)
    remember(looks_file(tmp_path, "c"), {"all": look()}, REPORT)
    assert told_again(tmp_path, "c", {"all": look(gone=helpers)}) is None
    remember(looks_file(tmp_path, "c"), {"all": look(gone=helpers)}, second)
    assert told_again(tmp_path, "c", {"all": look(gone=["p3"])}) == REPORT
    assert told_again(tmp_path, "c", {"all": look(gone=[*helpers, "p3"])}) == second
    assert told_again(tmp_path, "c", {"other": Group(False, "")}) is None


def test_the_file_names_nobody_and_a_damaged_one_is_not_passed_over(tmp_path):
    remember(looks_file(tmp_path, "c"), {"all": look()}, REPORT)
    text = looks_file(tmp_path, "c").read_text()
    assert not any(f'"{who}"' in text for who in PEOPLE)
    # A process died while it wrote: what it never told is passed over.
    with looks_file(tmp_path, "c").open("a") as file:
        file.write('{"groups": {"al')
    assert told_again(tmp_path, "c", {"all": look()}) == REPORT
    remember(looks_file(tmp_path, "c"), {"all": look(changed=PEOPLE)}, REPORT)
    assert len(read(looks_file(tmp_path, "c"))) == 2
    looks_file(tmp_path, "c").write_text("{\n")
    with pytest.raises(PlanError, match="restore it"):
        told_again(tmp_path, "c", {"all": look()})


def test_who_looks_at_the_same_moment_waits(tmp_path):
    path, order = looks_file(tmp_path, "c"), []

    def other():
        with one_at_a_time(path):
            order.append("second")

    with one_at_a_time(path):
        waiting = threading.Thread(target=other)
        waiting.start()
        waiting.join(0.05)
        order.append("first")
    waiting.join(5)
    assert order == ["first", "second"]
