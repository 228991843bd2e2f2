"""`python -m bench [PART …]`: run the yardsticks, print their tables, write `bench/results/<part>.json` and plots."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
# Part to `module:function`, a function of no arguments that returns list[Row]; imported only when its part is run.
PARTS = {
    "river": "bench.river:rows",
    "ingest": "bench.ingest:rows",
    "access": "bench.access:rows",
    "telling": "bench.telling:rows",
    "ranking": "bench.ranking:rows",
    "ranking-december": "bench.ranking:december",
    "ranking-cuts": "bench.ranking:cuts",
    "ranking-lastday": "bench.ranking:last_day",
    "ranking-tafeng": "bench.ranking:tafeng",
    "ranking-speed": "bench.ranking_speed:rows",
    "offers": "bench.offers:rows",
    "offers-when": "bench.offers_when:rows",
    "offers-repeat": "bench.offers_repeat:rows",
    "offers-uplift": "bench.offers_uplift:rows",
    "offers-plan": "bench.offers_plan:rows",
    "offers-policy": "bench.offers_policy:rows",
    "offers-lift": "bench.offers_lift:rows",
    "offers-due": "bench.offers_due:rows",
    "person": "bench.person:rows",
    "person-erased": "bench.person_erased:rows",
    "person-intake": "bench.person_intake:rows",
    "person-killed": "bench.person_killed:rows",
    "serving": "bench.serving:rows",
    "serving-http": "bench.serving:http",
    "serving-blocks": "bench.serving_blocks:rows",
    "serving-memory": "bench.serving_memory:rows",
    "serving-tuning": "bench.tuning:rows",
    "serving-core": "bench.scoring:rows",
    "serving-counts": "bench.answer_counts:all_counts",
    "ledger": "bench.ledger:rows",
    "ledger-speed": "bench.ledger:speed",
    "ledger-http": "bench.ledger:http",
    "ledger-growth": "bench.ledger:growth",
    "ledger-race": "bench.ledger:race",
}
# A name with a dash is a piece of the part before the dash, which runs it already, or is asked for by name alone.
WHOLE = [name for name in PARTS if "-" not in name]


def main(argv: list[str]) -> int:
    """Run the named parts, or all; exit code 1 when a stated reach is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"of: {', '.join(PARTS)} (default: {' '.join(WHOLE)})")
    parts = parser.parse_args(argv).part or WHOLE
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        sys.stderr.write(f"no such bench part: {', '.join(unknown)}; there are: {', '.join(PARTS)}\n")
        return 2
    from bench.results import write

    met = True
    for part in parts:
        module, function = PARTS[part].split(":")
        rows = getattr(importlib.import_module(module), function)()
        write(part, rows, RESULTS)
        met &= all(row["met"] for row in rows)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
