import os
import subprocess
import sys

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from serving.metrics import AGE_BUCKETS, BUCKETS, LAG_BUCKETS, STAGE_BUCKETS, Metrics

TWO_WORKERS = """
import os, shutil, sys
import prometheus_client
from serving.metrics import Metrics
metrics = Metrics()
metrics.answered("recommendations", 200, 0.0007)
metrics.dropped.n = 3
metrics.workers.set(1)
metrics.flush()
prometheus_client.Counter("feast_reads", "A library that counts on its own.").inc()
child = os.fork()
if child == 0:
    other = Metrics()
    other.answered("recommendations", 200, 0.0007)
    other.dropped.n = 4
    other.workers.set(1)
    other.flush()
    os._exit(0)
os.waitpid(child, 0)
sys.stdout.buffer.write(metrics.exposition())
shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"])
metrics.answered("recommendations", 200, 0.0007)
metrics.flush()
print("deleted, still", metrics.exposition(prometheus_client.CollectorRegistry()))
"""


A_WORKER_BEGINS = """
import os, signal, sys
from serving.metrics import Metrics
begun, begin = os.pipe()
child = os.fork()
if child == 0:
    Metrics()
    os.write(begin, b"x")
    signal.pause()
metrics = Metrics()
os.read(begun, 1)
sys.stdout.write(metrics.exposition().decode() + "---")
for gauge in (metrics.online_up, metrics.online_whole, metrics.trained_through):
    gauge.set(7)
sys.stdout.write(metrics.exposition().decode())
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
"""


def told(metrics):
    metrics.flush()
    return metrics.exposition().decode()


def test_answers_are_counted_and_timed_by_call():
    metrics = Metrics()
    metrics.answered("wallet", 200, 0.0007)
    metrics.answered("wallet", 503, 3.0)
    text = told(metrics)
    assert 'daypart_requests_total{call="wallet",status="503"} 1.0' in text
    assert 'daypart_request_seconds_bucket{call="wallet",le="0.001"} 1.0' in text
    assert 'daypart_request_seconds_count{call="wallet"} 2.0' in text


def test_a_good_day_spreads_over_several_buckets():
    assert sum(bound < 0.001 for bound in BUCKETS) >= 4
    assert all(list(bounds) == sorted(set(bounds)) for bounds in (BUCKETS, STAGE_BUCKETS, AGE_BUCKETS, LAG_BUCKETS))


def test_what_an_alert_waits_for_stands_before_it_happens():
    text = told(Metrics())
    assert 'daypart_requests_total{call="offers_due",status="200"} 0.0' in text
    assert 'daypart_events_total{outcome="clock_ahead"} 0.0' in text
    assert [call for call in text.splitlines() if call.startswith("daypart_requests_total")] == [
        'daypart_requests_total{call="offers_due",status="200"} 0.0'
    ]


def test_two_in_one_process_do_not_meddle():
    first, second = Metrics(), Metrics()
    first.answered("wallet", 200, 1.0)
    first.flush()
    assert "wallet" not in told(second).replace('stage="wallet"', "")


def test_what_is_told_in_parts_is_what_the_client_would_have_told_at_once():
    """On every bound, beside it and beyond the last, in several beats."""
    values = [value for bound in STAGE_BUCKETS for value in (bound * 0.99, bound, bound * 1.01)] + [7.0]
    metrics, theirs = Metrics(), CollectorRegistry()
    histogram = Histogram("daypart_feature_age_seconds", "Age of the features that ranked.", registry=theirs,
                          buckets=AGE_BUCKETS)  # fmt: skip
    for n, value in enumerate(values):
        histogram.observe(value)
        metrics.feature_age.labels().observe(value)
        if n % 5 == 0:
            metrics.flush()
    wanted = [line for line in generate_latest(theirs).decode().splitlines() if "_created" not in line]
    assert [line for line in told(metrics).splitlines() if line in wanted] == wanted


def test_a_count_is_told_once():
    metrics = Metrics()
    metrics.refusals.labels("expired").inc()
    metrics.refusals.labels("expired").inc(2)
    metrics.dropped.n = 5
    for _ in range(2):
        text = told(metrics)
    assert 'daypart_refusals_total{reason="expired"} 3.0' in text
    assert "daypart_impressions_dropped_total 5.0" in text


def test_any_worker_answers_for_all_and_one_that_ended_stands_no_more(tmp_path):
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", TWO_WORKERS], env=env, capture_output=True, text=True, timeout=60)
    assert 'daypart_requests_total{call="recommendations",status="200"} 2.0' in run.stdout, run.stderr
    assert "daypart_impressions_dropped_total 7.0" in run.stdout
    assert "daypart_workers 1.0" in run.stdout
    assert "feast" not in run.stdout
    assert "deleted, still b''" in run.stdout, run.stderr


def test_a_worker_that_begins_says_nothing_of_how_parts_stand(tmp_path):
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", A_WORKER_BEGINS], env=env, capture_output=True, text=True, timeout=60)
    before, after = run.stdout.split("---")
    for name in ("online_store_up", "online_store_whole", "model_trained_through_seconds"):
        assert f"\ndaypart_{name} " not in before, run.stderr
        assert f"\ndaypart_{name} 7.0\n" in after, run.stderr
