"""The whole document against the whole service, in this process: whatever comes, no 5xx and nothing undocumented.

`make fuzz` sends 100,000 (DAYPART__FUZZ_REQUESTS) and watches what the process holds on to; a test run sends some thousand.
"""

import asyncio
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from offers.verify import verify
from people.evidence import link
from people.registry import take
from serving.calls import CALLS
from serving.front import Front
from serving.opening import open_parts
from settings import Settings
from tests.flow import served_home
from tests.suites.openapi_requests import FRESH, Requests
from tests.suites.raw_http import call

N_REQUESTS = int(os.environ.get("DAYPART__FUZZ_REQUESTS", "1080"))
A_BLOCK = 60
"""Hypothesis remembers a run's examples, so a long run is many short ones."""
MAX_GROWN_MIB = 100
ERASES = "user_erase"
ANSWERS = {each.name: each.answer for each in CALLS if each.media == "application/json"}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(front over the real parts, a key by scope, ids that mean something)."""
    home = tmp_path_factory.mktemp("fuzzed")
    secrets = served_home.fill(home)
    # Slowed down it would show nothing but 429.
    with open_parts(Settings(home=home, rate_limits="", offline_cents=5000)) as parts:
        front = Front(CALLS, "1")
        front.parts = parts
        (offer,) = parts.desk.wallet("ann", parts.clock())
        known = {
            "user_id": ["ann", "eve"], "store_id": ["soho", "bund"], "product_id": ["latte", "tea"], "campaign_id": ["c"],
            "code": [offer.coupon_code], "offer_id": [offer.offer_id], "order_id": ["o1"], "till_id": ["t1"], "cart": ["latte"],
            "number": ["1", "2"], "identity": ["card:1", "device:7", "receipt:soho/o1"],
        }  # fmt: skip
        with parts.desk.journal.write() as connection:
            take(connection, [link("bob", "cat", "login", f"e{n}", n) for n in range(2)], "tests", 1)
        yield front, secrets, known


def memory_mib():
    """What the process holds in memory, MiB; None where /proc does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return None


@pytest.mark.timeout(7200)
def test_no_request_of_the_documents_kind_breaks_in(served):
    front, secrets, known = served
    runner = asyncio.Runner()
    document = runner.run(call(front, "GET", "/v1/openapi.json")).json()
    responses = {op["operationId"]: set(op["responses"]) for item in document["paths"].values() for op in item.values()}
    reached = defaultdict(Counter)

    def judge(request):
        n_asked = sum(reached[request.operation].values())
        # Every other key is one that was used before, with another body as a rule.
        headers = [
            (name, f"{request.operation}-{n_asked // 2}" if value == FRESH else value)
            for name, value in request.headers
        ]
        if request.scope != "none":
            headers.append(("Authorization", f"Bearer {secrets[request.scope]}"))
        for again_s in (0, 1, 5):
            # A machine that stands still for seconds is late for anything; a request that makes us late is so every time.
            time.sleep(again_s)
            answer = runner.run(call(front, request.method, request.target, headers, request.body))
            if answer.status != 503:
                break
            reached[request.operation][503] += 1
        kind = answer.headers["content-type"]
        assert answer.status < 500, (request, answer)
        assert str(answer.status) in responses[request.operation] | {"404", "405"}, (request, answer)
        if answer.status < 300:
            if request.operation in ANSWERS:
                msgspec.json.decode(answer.body, type=ANSWERS[request.operation])
        else:
            assert (kind, answer.json()["status"]) == ("application/problem+json", answer.status)
            assert len(answer.body) < 4096, (request, answer)
        reached[request.operation][answer.status] += 1

    strategies, held = Requests(document, known, sorted(secrets)).by_operation(), []
    each = -(-N_REQUESTS // len(strategies))
    for block in range(-(-each // A_BLOCK)):
        # Who is erased is known no more: that comes last.
        for _, strategy in sorted(strategies.items(), key=lambda item: item[0] == ERASES):
            quiet = settings(
                max_examples=min(A_BLOCK, each), deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            seed(block)(quiet(given(strategy)(judge)))()
            held.append(memory_mib())
    runner.close()
    # The first rounds fill caches and pools.
    n_warm = min(2 * len(strategies), len(held)) - 1
    told = sum((Counter(each) for each in reached.values()), Counter())
    sys.stderr.write(f"{told.total()} requests answered {dict(told)}; holds {held[n_warm]} to {held[-1]} MiB\n")
    # A fuzz that never gets past the door shows nothing of what is behind it.
    for name in responses:
        # A receipt's id is drawn by the service: here it is looked for and never found.
        assert set(reached[name]) & ({404} if name == "erasure" else {200, 202, 422}), (name, reached[name])
        assert any(400 <= status < 500 for status in reached[name]), (name, reached[name])
    if held[-1] is not None:
        assert held[-1] - held[n_warm] < MAX_GROWN_MIB, held
    assert verify(front.parts.desk.journal) == []
