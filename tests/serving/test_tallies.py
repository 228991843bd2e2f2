from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from serving.tallies import Late, Tally, Timing


def test_a_tally_counts_as_the_clients_own_and_tells_when_it_is_flushed():
    registry = CollectorRegistry()
    tally = Tally(Counter("c", "says", ["by"], registry=registry))
    tally.labels("a").inc()
    tally.labels("a").inc(4)
    assert tally.labels("a") is tally.labels("a")
    assert registry.get_sample_value("c_total", {"by": "a"}) == 0
    for counted in (5, 5, 6):
        tally.labels("a").n = counted
        tally.flush()
        assert registry.get_sample_value("c_total", {"by": "a"}) == counted


def test_a_bucket_holds_what_is_at_most_its_bound():
    registry = CollectorRegistry()
    timing = Timing(Histogram("h", "says", buckets=(1.0, 2.0), registry=registry), (1.0, 2.0))
    for value in (1.0, 1.5, 2.0, 2.5):
        timing.labels().observe(value)
    timing.flush()
    timing.flush()
    found = {le: registry.get_sample_value("h_bucket", {"le": le}) for le in ("1.0", "2.0", "+Inf")}
    assert found == {"1.0": 1, "2.0": 3, "+Inf": 4}
    assert registry.get_sample_value("h_sum") == 7.0


def test_a_late_gauge_is_there_from_when_it_is_set_and_is_made_once():
    registry, made = CollectorRegistry(), []

    def make():
        made.append(Gauge("g", "says", registry=registry))
        return made[-1]

    late = Late(make)
    assert registry.get_sample_value("g") is None
    for value in (0.0, 3.0):
        late.set(value)
        assert registry.get_sample_value("g") == value
    assert len(made) == 1
