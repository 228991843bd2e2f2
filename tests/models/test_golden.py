"""Format 1 stays readable: the bytes on disk are pinned, and so are the answers that they give."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from models.ranker import Ranker
from models.scoring import top_k
from tests.models import checkerboard
from tests.models.asked import lived
from tests.models.conftest import GOLDEN, GOLDEN_FORMS, GOLDEN_WHEN
from tests.models.golden.make import make, make_forms

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
PINNED_FORMS = {
    **{name: digest for name, digest in PINNED.items() if name not in {"blend_weights.npy", "manifest.json"}},
    "alike_rows.npy": "d4e60e9836496ef781edf8b3f5d8572895827524b817d1858497edc784628856",
    "alike_values.npy": "385c676fcc1e52143ae7c0554397d079c37c06c3e84def605dbb660aef16baa1",
    "goods.npy": "e840b40aa97b4f8e7ff19f615c38187cfcc476ba8730929679f5bffa8fa48b47",
    "manifest.json": "6d89bb712110d8398c749d3bba07205d5dd14022af3ad0ad6a616f02702fde86",
    "new_matrix.npy": "321c5b4edb19107e00642ba77c0a5f50ee8b60962982559046461c9e2f9323e5",
    "new_range.npy": "595188bb2206a3d45a17b993bc746c2d13a00ff35279262c7682bc0d9fedcd3f",
    "next_rows.npy": "065e04533ec008d76452fc567831d050bf1d98a665f943ab208464f56f498824",
    "next_values.npy": "2b45750e54edc6ed70d1f91dd97d9bf8677e9d968db69d5ce48ccb528be1affb",
    "together_rows.npy": "3349e11faac5c7f1c90883f8a6dba94344e4ba5dff1fef60187ddb6c841a38ee",
    "together_values.npy": "385c676fcc1e52143ae7c0554397d079c37c06c3e84def605dbb660aef16baa1",
    "usual_matrix.npy": "de4229e1749a805ab8ed4651a260dd24c3df0ce95e846de84410c6cdc9463d2a",
    "usual_range.npy": "527fc5ba4312064cab98de85cf3393be8ba121f34bae75ca79bad129000cef6b",
}


def digests(folder):
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_golden_bytes_are_the_pinned_bytes():
    assert digests(GOLDEN) == PINNED


def test_the_generator_still_makes_the_golden_bytes(tmp_path):
    assert digests(make(tmp_path).path) == PINNED


def test_the_golden_bytes_of_two_forms_are_the_pinned_bytes():
    assert digests(GOLDEN_FORMS) == PINNED_FORMS


def test_the_generator_still_makes_the_golden_bytes_of_two_forms(tmp_path):
    assert digests(make_forms(tmp_path).path) == PINNED_FORMS


def test_every_golden_artifact_is_pinned():
    assert {path.parent for path in GOLDEN.parent.parent.rglob("manifest.json")} == {GOLDEN, GOLDEN_FORMS, GOLDEN_WHEN}


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


def test_the_golden_artifact_of_two_forms_gives_the_golden_answers(golden_forms):
    ranker = Ranker.from_artifact(golden_forms)
    assert ranker.version == golden_forms.version == "ab887aeb52dc5cb2"
    past = lived([["p00", "p01"], ["p00"], ["p01", "p05"], ["p05", "p00"], ["p12"], ["p09", "p00"], ["p03"]])
    scores = ranker.score(past, store_id="s0", hour_of_week=8, at_s=20 * checkerboard.DAY_S)
    best = top_k(scores.score, 4)
    assert [ranker.product_ids.ids[row] for row in best] == ["p00", "p02", "p11", "p04"]
    np.testing.assert_allclose(scores.score[best], [2.928513, 2.740398, 1.975036, 1.506315], atol=2e-5)
    assert [scores.reasons(row) for row in best[:3]] == [
        [
            ("bought_before", "4 of your last 7 visits"),
            ("similar_to_usual", "p12"),
            ("popular_here_now", "6.2% of sales here in the morning"),
        ],
        [
            ("similar_to_usual", "p00"),
            ("popular_here_now", "18.8% of sales here in the morning"),
            ("popular", "number 1 of 17 in the chain"),
        ],
        [("similar_to_usual", "p05"), ("popular", "number 1 of 17 in the chain")],
    ]


def test_the_golden_artifact_of_two_forms_greets_a_stranger(golden_forms):
    scores = Ranker.from_artifact(golden_forms).score(lived([["x1"]]), store_id="s1", hour_of_week=20)
    best = top_k(scores.score, 3)
    assert best.tolist() == [11, 7, 3]
    np.testing.assert_allclose(scores.score[best], [-0.896454, -0.944326, -0.994610], atol=2e-5)
