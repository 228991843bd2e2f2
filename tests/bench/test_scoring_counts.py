"""What is counted, and, where there is no valgrind to count instructions, what the core reads and scores again."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from bench import scoring_counts
from models import factor_block, factor_index
from models.factor_block import best_block
from models.factor_index import FactorIndex

# Of a change that is meant, keep the new figures; a fifth more is a regression.
READ, RESCORED, READ_BLOCK, RESCORED_BLOCK = 7_600, 20, 131_072, 343


@pytest.fixture
def asked():
    rng = np.random.default_rng(11)
    factors = rng.standard_normal((40_000, 32), np.float32) * np.exp(-5.0 * rng.random((40_000, 1), np.float32))
    return FactorIndex.of(factors), rng.standard_normal((16, 32), np.float32)


def counted(monkeypatch, module):
    told = {"read": 0, "rescored": 0}
    whole, dot, matmul = module.exact, np.dot, np.matmul

    def exact(factors, rows, *others):
        told["rescored"] += len(rows)
        return whole(factors, rows, *others)

    def reading(work, factors, users, out):
        told["read"] += out.size
        return work(factors, users, out=out)

    monkeypatch.setattr(module, "exact", exact)
    monkeypatch.setattr(np, "dot", lambda a, b, out: reading(dot, a, b, out))
    monkeypatch.setattr(np, "matmul", lambda a, b, out: reading(matmul, a, b, out))
    return told


def test_one_user_reads_and_rescores_no_more_than_it_did(asked, monkeypatch):
    index, users = asked
    told = counted(monkeypatch, factor_index)
    for user in users:
        index.best(user, 20)
    per_user = {name: count / len(users) for name, count in told.items()}
    assert READ / 2 < per_user["read"] <= 1.2 * READ
    assert RESCORED <= per_user["rescored"] <= 1.2 * RESCORED


def test_a_block_reads_and_rescores_no_more_than_it_did(asked, monkeypatch):
    index, users = asked
    told = counted(monkeypatch, factor_block)
    best_block(index, users, 20)
    assert READ_BLOCK / 2 < told["read"] <= 1.2 * READ_BLOCK
    assert 16 * 20 <= told["rescored"] <= 1.2 * RESCORED_BLOCK


def told(**instructions):
    """A `refs` that says so many instructions of each side's one call."""
    return lambda _, side: 5_000 + scoring_counts.TIMES * instructions.get(side, 0)


def test_a_fifth_more_beside_the_plain_way_is_a_miss(monkeypatch, tmp_path):
    names = list(scoring_counts.works())
    kept = tmp_path / "kept.json"
    monkeypatch.setattr(scoring_counts, "KEPT", kept)
    monkeypatch.setattr(scoring_counts, "refs", told(ours=1_000, plain=2_000))
    assert scoring_counts.main(["keep"]) == 0
    assert json.loads(kept.read_text("utf-8")) == dict.fromkeys(names, 0.5)
    for ours, plain, met in ((1_200, 2_000, True), (1_201, 2_000, False), (2_400, 4_000, True), (1_000, 1_600, False)):
        monkeypatch.setattr(scoring_counts, "refs", told(ours=ours, plain=plain))
        assert {row["met"] for row in scoring_counts.rows()} == {met}


def test_every_work_has_a_ratio_kept_and_both_its_sides_can_be_done(monkeypatch):
    names = list(scoring_counts.works())
    assert list(json.loads(scoring_counts.KEPT.read_text("utf-8"))) == names
    monkeypatch.setattr(scoring_counts, "TIMES", 1)
    assert all(scoring_counts.main(["do", name, side]) == 0 for name in names for side in ("ours", "plain"))
    assert scoring_counts.main([]) == 2


def test_what_valgrind_says_is_read_or_refused(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/valgrind")
    told = subprocess.CompletedProcess([], 0, "", "==7== I   refs:      1,482,751\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: told)
    assert scoring_counts.refs("", "") == 1_482_751
    told.stderr = "==7== Fatal"
    with pytest.raises(SystemExit, match="no count of 'x'"):
        scoring_counts.refs("x", "ours")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match="install the package valgrind"):
        scoring_counts.refs("", "")
