"""Item factors by implicit ALS: the only importer of implicit. Users are folded in when serving, so theirs are not kept."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from training.errors import TrainingError
from training.histories import Histories
from training.recipe import Recipe


def fit_items(histories: Histories, recipe: Recipe) -> NDArray[np.float32]:
    """Factors float32[n_products, f], row i is `histories.products[i]`; confidence = alpha · visits with the product.

    Hu, Koren & Volinsky 2008. The same seed gives the same bytes on one BLAS thread. TrainingError when it diverges.
    """
    from implicit.als import AlternatingLeastSquares
    from implicit.recommender_base import ModelFitError
    from threadpoolctl import threadpool_limits

    shape = (len(histories.users), len(histories.products))
    visits = csr_matrix(
        (histories.counts * np.float32(recipe.als_alpha), histories.rows, histories.indptr.astype(np.int32)),
        shape=shape,
    )
    # Each row is solved by itself, so library threads do not change the bits; BLAS threads would, and slow it down.
    with threadpool_limits(1, "blas"), suppress(ModelFitError):
        model = AlternatingLeastSquares(
            factors=recipe.als_factors,
            regularization=recipe.als_regularization,
            alpha=1.0,
            iterations=recipe.als_iterations,
            random_state=recipe.seed,
            use_gpu=False,
        )
        model.fit(visits, show_progress=False)
    factors = np.asarray(model.item_factors, dtype=np.float32)
    if not np.isfinite(factors).all():
        raise TrainingError(
            f"ALS diverged: the factors of {shape[1]} products are not finite; lower als_alpha (now {recipe.als_alpha:g}) "
            f"or raise als_regularization (now {recipe.als_regularization:g})"
        )
    return factors
