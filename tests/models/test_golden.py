"""Format 1 stays readable: the bytes on disk are pinned, and so are the answers that they give."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from models.ranker import Ranker
from models.scoring import top_k
from tests.models import checkerboard
from tests.models.conftest import GOLDEN
from tests.models.golden.make import make

PINNED = {
    "als_factors.npy": "1b49073459dd671b9a13b7189c40a64c4168913e3faf1b5c38a0df9e38a74ef9",
    "als_gram.npy": "41a4f2a57f03cc8137777447a016e31a2a59c50e93ec673a923b2445819e7b65",
    "blend_weights.npy": "a372b58af43e216ccc34fc7e62a0074d497ff438a6518333ef1068442ba0125b",
    "cold_factors.npy": "f9719462b4c9480cc148027b26626bfba842c4c0dbd2985256d6eb9d47037d3b",
    "has_history.npy": "587c0aa1704a30348d7babeb05c63d676fab1299c7d5ce20f50a179d27a95a96",
    "manifest.json": "cf707ac2f072ebbe831379af327665c136d2b8499b3f96ab22953a22fc1a50d1",
    "pop_counts.npy": "f1c5e4d3f18447fd8bd2aef33d10fbdb51f5eb7bb9d432b6f0758e537b186471",
    "pop_indptr.npy": "85056359d2ff626c7e030185cd2fe3028ae65f3032323abe5ad1f1eff5d6ce2d",
    "pop_rows.npy": "2cb5fce0c800f6af51f1f4bfbb0d39ff23e8a474965246e82e0253291006bf6a",
    "popularity_global.npy": "e291df28951f9ae30620426c6b9211bc83a09c3883679b43987cdf98fefdf039",
    "products_offsets.npy": "29c650398b362ac364bd28f085af44eb15829b1b1237e591588f3086e9f7bd0e",
    "products_text.npy": "8fe0364ed45f19e5d6d51f533370e7059a4bf7d911535507d970a0485d0948f8",
    "rebuy_rate.npy": "aa21194f78c76d84dfbdb70d812ceec45ab49197d7dbf521303f11f2b91e7a7c",
    "response_slope.npy": "6a52bc80e96208dd442e3156910d83839f0e01b7abfac889c6f871eb61c89197",
    "rhythm_prior.npy": "b1ed3d8b5f48f67ffad5171996d1bc98c371be20c0f6df36a73fba452682d9fd",
    "rhythm_store.npy": "12704fd3c08839612d926f1d536f914495cbc9d4a00381f4e03cee50690b6c00",
    "stores_offsets.npy": "0d176d5d3ac21dd685aee0cdb1e5faf4b790502118babdbc6933770a9e5c2030",
    "stores_text.npy": "e44e8ee503e6af366cc090a5b5fd2923367db00baafeb1b47aa80c5b579f3541",
}


def digests(folder):
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_golden_bytes_are_the_pinned_bytes():
    assert digests(GOLDEN) == PINNED


def test_the_generator_still_makes_the_golden_bytes(tmp_path):
    assert digests(make(tmp_path).path) == PINNED


def test_the_golden_artifact_gives_the_golden_answers(golden):
    ranker = Ranker.from_artifact(golden)
    assert ranker.version == golden.version == "859da85e26468f58"
    scores = ranker.score(checkerboard.history(0), store_id="s0", hour_of_week=8)
    best = top_k(scores.score, 4)
    assert [ranker.product_ids.ids[row] for row in best] == ["p02", "p00", "p14", "p06"]
    np.testing.assert_allclose(scores.score[best], [0.466219, 0.125626, -0.508493, -1.032414], atol=2e-5)
    assert scores.reasons(best[0]) == [
        ("similar_to_usual", "p12"),
        ("popular_here_now", "18.8% of sales here in the morning"),
        ("popular", "number 1 of 17 in the chain"),
    ]
