"""The port to what is known of a user or a store this second, and what comes through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from embedded import OnlineStoreError
from embedded.filled import Filled
from models.history import History


class OnlineUnavailable(OnlineStoreError):
    """The online store failed to answer in time. Answer without it."""


@dataclass(frozen=True)
class UserFeatures:
    """What is known of one user. One whom nobody knows has an empty history, no profile, a flat rhythm and no `as_of`."""

    history: History
    profile: Mapping[str, Any]
    """Scalars by feature name; None for one without a value."""
    rhythm: np.ndarray
    """float32[168]: orders by hour of the store's local week, Monday 00:00 first."""
    as_of: datetime | None
    """When the history was true. Nothing expires by itself online: judge its age by this."""


@dataclass(frozen=True)
class Past:
    """What a recommendation reads of one user."""

    history: History
    as_of: datetime | None
    """As in UserFeatures."""
    lacks: bool = False
    """Whether a row of one of their ids could not be read: what stands in it is missing here."""


@dataclass(frozen=True)
class Portrait:
    """What is told of one user to a person who asks, beyond what recommendations read. One whom nobody knows has neither."""

    values: Mapping[str, Any]
    """Scalars and lists by feature name; None for one without a value."""
    as_of: datetime | None
    """When the newest of it was true."""


@dataclass(frozen=True)
class Assortment:
    """What a store sells. Row i of every array is about `product_ids[i]`; ids ascend."""

    product_ids: tuple[str, ...]
    price_cents: np.ndarray
    """int32[n], or int64[n] where that is too narrow."""
    stock_units: np.ndarray
    """The same: 0 where `stock_known` is false."""
    stock_known: np.ndarray
    """bool[n]."""
    as_of: datetime


def narrowed(numbers: np.ndarray) -> np.ndarray:
    """int32 of int64 where each fits: half the memory of what stays for as long as it stands."""
    narrow = numbers.astype(np.int32)
    return narrow if np.array_equal(narrow, numbers) else numbers


class OnlineFeatures(Protocol):
    """The port. Every call raises OnlineUnavailable when the online store does not answer within about 100 ms."""

    @property
    def filled(self) -> Filled:
        """What stood whole in the store at the last read of `pasts`; all, before the first."""

    @property
    def n_connected(self) -> int:
        """How often `pasts` had to connect: behind the same address may be another server then, or older rows."""

    def user(self, user_id: str) -> UserFeatures:
        """All about one user, in one read."""

    def pasts(self, user_ids: Sequence[str]) -> list[Past | ValueError]:
        """The histories alone, each as `user` has it, in one read: what is read while somebody waits. ValueError stands for a row
        that is damaged."""

    def portrait(self, user_id: str) -> Portrait:
        """What else is told of one user, in one read. Nothing while the features are of a version that had none."""

    def store(self, store_id: str) -> Assortment | None:
        """What a store sells, as read at most a minute ago; the same object until it is read anew. None: nobody knows.
        Raises ValueError for a row that is damaged."""

    def push_visit(self, user_id: str, history: History, at: datetime | None = None) -> None:
        """Replace the user's history by one true at `at` (default: its last purchase), however late that is."""

    def change(self, user_ids: Sequence[str], how: Callable[[str, History], History]) -> int:
        """Replace the history of each user by what `how` makes of it (the same object: it is left alone), true at its last
        purchase; how many were replaced. What another process replaces meanwhile is not lost: then `how` is asked again. A
        history that can't be read is left alone. `how` never makes an empty one.
        """
