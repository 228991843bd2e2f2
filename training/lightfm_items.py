"""Item representations by LightFM: the only importer of lightfm. Categories give products without history a place.

The wheel's compiled part was linked against `__log_finite` and its like, names that glibc 2.31 and later refuse to link.
`_library` loads a copy in which those names are the plain `log`, `exp`, `pow` and `sqrt`, which are the same functions.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, identity

from training.errors import TrainingError
from training.histories import Histories
from training.recipe import Recipe

_COMPILED = "lightfm._lightfm_fast_openmp"
_RENAMED = (b"log", b"exp", b"pow", b"sqrt")


def fit_items(
    histories: Histories, products: Sequence[str], categories: Sequence[str | None], recipe: Recipe
) -> NDArray[np.float32]:
    """Representations float32[len(products), cold_factors + 1], the bias last; row i is `products[i]`.

    products: ascending, holding all of `histories.products`; categories: aligned, None when not stated. A bought product
    is the sum of its own and its category's embedding (Kula 2015), one never bought is its category's alone.
    WARP loss on the latest pairs, one thread, seeded. TrainingError when it diverges.
    """
    bought = np.searchsorted(np.asarray(products), np.asarray(histories.products))
    labels, category = np.unique([c or "" for c in categories], return_inverse=True)
    ones = np.ones(len(products), dtype=np.float32)
    of_category = csr_matrix((ones, (np.arange(len(products)), category)), shape=(len(products), len(labels)))
    features = hstack([of_category[bought], identity(len(bought), dtype=np.float32)], format="csr", dtype=np.float32)
    latest = np.sort(np.argsort(histories.last_at_s, kind="stable")[-recipe.cold_pairs :])
    pairs = csr_matrix(
        (np.ones(len(latest), np.float32), (histories.owner[latest], histories.rows[latest])),
        shape=(len(histories.users), len(bought)),
    ).tocoo()
    model = _library().LightFM(
        no_components=recipe.cold_factors, loss="warp", learning_rate=0.05, item_alpha=1e-6, random_state=recipe.seed
    )
    model.fit(pairs, item_features=features, epochs=recipe.cold_epochs, num_threads=1)
    learned = np.column_stack([model.item_embeddings, model.item_biases]).astype(np.float32)
    if not np.isfinite(learned).all():
        raise TrainingError(
            f"LightFM diverged: its embeddings are not finite; lower cold_epochs (now {recipe.cold_epochs}) "
            f"or cold_factors (now {recipe.cold_factors})"
        )
    factors = np.asarray(of_category @ learned[: len(labels)], dtype=np.float32)
    factors[bought] += learned[len(labels) :]
    return factors


def _library() -> ModuleType:
    spec = importlib.util.find_spec("lightfm")
    if spec is None or spec.origin is None:
        raise TrainingError("lightfm is not installed; install requirements.lock again (make)")
    try:
        if _COMPILED not in sys.modules:
            _load_compiled(Path(spec.origin).parent)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("lightfm")
    except (OSError, ImportError) as error:
        raise TrainingError(f"lightfm cannot be loaded ({error}); install requirements.lock again (make)") from None


def _load_compiled(folder: Path) -> None:
    source = next(folder.glob("_lightfm_fast_openmp*.so"), None)
    if source is None:
        return  # built on this machine, in another form: nothing to mend
    code = source.read_bytes()
    for name in _RENAMED:
        old = b"\0__" + name + b"_finite\0"
        code = code.replace(old, (b"\0" + name).ljust(len(old), b"\0"))
    ctypes.CDLL("libm.so.6", mode=ctypes.RTLD_GLOBAL)
    for runtime in sorted(folder.parent.glob("lightfm_next.libs/libgomp*")):
        ctypes.CDLL(str(runtime), mode=ctypes.RTLD_GLOBAL)
    with tempfile.TemporaryDirectory() as room:
        copy = Path(room) / source.name
        copy.write_bytes(code)
        spec = importlib.util.spec_from_file_location(_COMPILED, copy)
        if spec is None or spec.loader is None:
            raise ImportError(f"{source.name} is no extension module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[_COMPILED] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[_COMPILED]
            raise
