from bench import telling


def test_the_clients_own_stands_first_and_everything_against_it():
    found = telling.told(telling.measure(1, 20))
    assert [row["against_value"] for row in found] == [None, *[found[0]["value"]] * 4]
    assert all(row["value"] > 0 for row in found)


def test_the_process_that_measures_says_so():
    assert len(telling.rows(1, 1)) == 5


def test_nowhere_takes_everything():
    assert telling.Nowhere().export(()).name == "SUCCESS"
