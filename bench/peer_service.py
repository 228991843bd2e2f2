"""`DAYPART_HOME=… python -m bench.peer_service PORT`: what a good engineer would write in a day over the same data.

FastAPI on uvicorn, Feast's SDK for the user's purchases, `implicit` for the ranking: the artifact's own factors, and the user's
vector reckoned anew from the purchases. No reasons, no coupons, no keys, no limits, no fallbacks.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from implicit.cpu.als import AlternatingLeastSquares
from pydantic import BaseModel
from scipy.sparse import csr_matrix

from embedded import lease_online_store
from embedded.feast_config import repo_config
from models.ranker import NAME, Ranker
from models.shelf import load_current
from serving.catalogue import Catalogue, read_catalogue
from settings import load_settings

FEATURES = ["user_history:product_ids", "user_history:counts"]


class Context(BaseModel):
    """Where the person is."""

    store_id: str | None = None
    channel: str | None = None


class Ask(BaseModel):
    """Body of a request."""

    user_id: str
    limit: int = 10
    context: Context = Context()


def app_of(feast: Any, ranker: Ranker, catalogue: Catalogue) -> FastAPI:
    """The service on a feature store and one artifact."""
    # A copy: implicit takes no array that may not be written to, and an artifact's are mapped.
    products, factors = ranker.product_ids, np.array(ranker.parts.arrays["als_factors"])
    names, prices = catalogue.names_for(["en"]), catalogue.price_cents.tolist()
    model = AlternatingLeastSquares(factors.shape[1], regularization=ranker.parts.options.als_regularization)
    model.item_factors, model.user_factors = factors, np.zeros((1, factors.shape[1]), np.float32)
    app = FastAPI()

    @app.post("/v1/recommendations")
    async def recommendations(ask: Ask) -> dict[str, Any]:
        read = feast.get_online_features(features=FEATURES, entity_rows=[{"user_id": ask.user_id}]).to_dict()
        known = zip(read["product_ids"][0] or (), read["counts"][0] or (), strict=True)
        owned = [(products.row[name], n) for name, n in known if name in products.row]
        rows, counts = zip(*owned, strict=True) if owned else ((), ())
        bought = csr_matrix((np.array(counts, np.float32), ([0] * len(rows), rows)), shape=(1, len(products)))
        best, scores = model.recommend(0, bought, N=ask.limit, filter_already_liked_items=False, recalculate_user=True)
        items = [
            {
                "product_id": products.ids[row],
                "name": names[row],
                "rank": rank,
                "score": score,
                "price_cents": prices[row],
            }
            for rank, (row, score) in enumerate(zip(best.tolist(), scores.tolist(), strict=True), 1)
        ]
        return {"items": items, "model_version": ranker.version}

    return app


def main(port: int) -> None:
    """Serve with one worker until terminated."""
    from feast import FeatureStore, RepoConfig

    settings = load_settings()
    ranker = Ranker.from_artifact(load_current(settings.shelf, NAME))
    with lease_online_store(settings) as store:
        feast = FeatureStore(config=RepoConfig(**repo_config(settings, store.connection_string)))
        app = app_of(feast, ranker, read_catalogue(settings.lake, ranker.product_ids))
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, loop="uvloop")


if __name__ == "__main__":
    main(int(sys.argv[1]))
