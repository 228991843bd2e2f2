import os
import subprocess
import sys

from serving.metrics import BUCKETS, Metrics

TWO_WORKERS = """
import os, sys
import prometheus_client
from serving.metrics import Metrics
metrics = Metrics()
metrics.answered("recommendations", 200, 0.0007)
metrics.dropped.set(3)
prometheus_client.Counter("feast_reads", "A library that counts on its own.").inc()
child = os.fork()
if child == 0:
    other = Metrics()
    other.answered("recommendations", 200, 0.0007)
    other.dropped.set(4)
    os._exit(0)
os.waitpid(child, 0)
sys.stdout.buffer.write(metrics.exposition())
"""


def test_answers_are_counted_and_timed_by_call():
    metrics = Metrics()
    metrics.answered("wallet", 200, 0.0007)
    metrics.answered("wallet", 503, 3.0)
    text = metrics.exposition().decode()
    assert 'daypart_requests_total{call="wallet",status="503"} 1.0' in text
    assert 'daypart_request_seconds_bucket{call="wallet",le="0.001"} 1.0' in text
    assert 'daypart_request_seconds_count{call="wallet"} 2.0' in text


def test_a_good_day_spreads_over_several_buckets():
    assert sum(bound < 0.005 for bound in BUCKETS) >= 4


def test_two_in_one_process_do_not_meddle():
    first, second = Metrics(), Metrics()
    first.answered("wallet", 200, 1.0)
    assert "wallet" not in second.exposition().decode()


def test_any_worker_answers_for_all(tmp_path):
    env = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", TWO_WORKERS], env=env, capture_output=True, text=True, timeout=60)
    assert 'daypart_requests_total{call="recommendations",status="200"} 2.0' in run.stdout, run.stderr
    assert "daypart_impressions_dropped 7.0" in run.stdout
    assert "feast" not in run.stdout
