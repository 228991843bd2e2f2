"""Opening: what campaign files and the chain's store table say, brought into the ledger before anything is issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from offers.audit import By, record
from offers.book import Account
from offers.campaign import Budget, Campaign
from offers.chain import CHAIN, GENESIS, Stamp, append, move_head
from offers.commands import Entry
from offers.database import LedgerError
from offers.journal import read_account, sums_now
from offers.slots import Store
from offers.tables import accounts, counters, coupons, stores


def lock_issuing(connection: sa.Connection, n_new: int = 0) -> int:
    """The last sequence number given to a coupon, after adding `n_new`; nobody else issues until we commit."""
    bump = sa.update(counters).where(counters.c.name == "offers").values(value=counters.c.value + n_new)
    return int(connection.execute(bump.returning(counters.c.value)).scalar_one())


def open_account(connection: sa.Connection, campaign: Campaign, now: datetime) -> None:
    """Make the account say what the campaign's file says; money that came or went, and limits that changed, are entries, so
    a replay finds them. The lock on issuing is held."""
    budget, limits = campaign.budget, campaign.limits
    terms = {
        "reserve_cents": budget.reserve_cents,
        "overspend_cents": budget.overspend_cents,
        "per_store_cents": budget.per_store_cents,
        "per_user_cents": budget.per_user_cents,
        "per_day_cents": budget.per_day_cents,
        "max_per_user_day": limits.per_user_day,
        "max_per_user": limits.per_user,
        "max_coupons": limits.coupons,
        "hold_s": limits.hold_s,
        "grace_s": limits.grace_s,
        "token_s": limits.token_s,
        "sync_s": limits.sync_s,
        "max_till_skew_s": limits.max_till_skew_s,
        "stopped": campaign.stopped,
        "quiet_from": campaign.send.quiet[0],
        "quiet_until": campaign.send.quiet[1],
        "version": campaign.version or None,
    }
    bring_up(connection, campaign.id, budget.granted_cents, terms, now, "campaign file")


def open_chain(connection: sa.Connection, granted_cents: int, now: datetime) -> None:
    """Set what all campaigns together may spend (0: no cap), less the usual reserve for new coupons."""
    is_set = sa.select(accounts.c.granted_cents).where(accounts.c.campaign_id == CHAIN)
    if connection.execute(is_set).scalar() == granted_cents:
        return
    # Whoever began under the old cap ends first: every account is locked while the cap changes.
    connection.execute(sa.select(accounts.c.campaign_id).order_by(accounts.c.campaign_id).with_for_update()).all()
    reserve = {"reserve_cents": Budget(granted_cents=granted_cents).reserve_cents}
    bring_up(connection, CHAIN, granted_cents, reserve, now, "settings")


def bring_up(
    connection: sa.Connection, campaign_id: str, granted: int, terms: dict[str, Any], now: datetime, actor: str
) -> None:
    """Make one account say so; the lock on issuing is held. Raises LedgerError for a grant below what is spent and held."""
    row = connection.execute(sa.select(accounts).where(accounts.c.campaign_id == campaign_id)).one_or_none()
    if row is None:
        blank = {"granted_cents": 0, "spent_cents": 0, "head_seq": 0, "head_hash": GENESIS}
        connection.execute(sa.insert(accounts).values(campaign_id=campaign_id, **blank, **terms))
    head, news = read_account(connection, campaign_id, lock=True), []
    if row is None or any(getattr(row, name) != value for name, value in terms.items()):
        said = Entry("terms", None, campaign_id, None, None, 0, now, now)
        news.append((said, None, Stamp(actor, None, terms)))
    if row is not None and row.stopped != terms.get("stopped", row.stopped):
        record(connection, "campaign_resumed" if row.stopped else "campaign_stopped", campaign_id, By(actor), now)
    overspend = int(terms.get("overspend_cents", 0))
    before = head.account.granted_cents + (row.overspend_cents if row else 0)
    # The chain had no cap before it had one.
    if granted + overspend < before or (campaign_id == CHAIN and granted != before):
        _check_grant(connection, head.account, granted, overspend, now)
    if granted != head.account.granted_cents:
        grant = Entry("grant", None, campaign_id, None, None, granted - head.account.granted_cents, now, now)
        news.append((grant, None, Stamp(actor)))
    if news:
        head = append(connection, head, news)
        move_head(connection, head, head, granted_cents=granted, **terms)


def _check_grant(connection: sa.Connection, account: Account, granted: int, overspend: int, now: datetime) -> None:
    """Money that is spent, or promised to an order or a signed token, can't be taken back by a smaller number in a file."""
    of_all = account.campaign_id == CHAIN
    if of_all and not granted:
        return
    mine = sa.true() if of_all else coupons.c.campaign_id == account.campaign_id
    held, _ = sums_now(connection, mine, now)
    spent = (
        connection.execute(sa.select(sa.func.sum(accounts.c.spent_cents))).scalar() if of_all else account.spent_cents
    )
    taken = int(spent or 0) + held
    if granted + overspend < taken:
        name = "budget_cents of all campaigns" if of_all else f"campaign {account.campaign_id}: granted_cents"
        raise LedgerError(
            f"{name} is {granted}, and {taken} are spent or held already; set {taken - overspend} or more"
            " (stopped = true stops a campaign)"
        )


def release_reserve(
    connection: sa.Connection, campaign_id: str, cents: int, actor: str, why: str, now: datetime
) -> int:
    """Let new coupons have `cents` of what the campaign keeps back; the reserve that is left. Raises LedgerError for a
    campaign that was never opened, or more than is kept back."""
    lock_issuing(connection)
    head = read_account(connection, campaign_id, lock=True)
    left = head.account.reserve_cents
    if not 0 < cents <= left:
        raise LedgerError(
            f"campaign {campaign_id}: {cents} cents can't be released; {left} are kept back, name 1 to {left}"
        )
    freed = Entry("unreserve", None, campaign_id, None, None, cents, now, now)
    head = append(connection, head, [(freed, None, Stamp(actor, None, {"why": why}))])
    move_head(connection, head, head, released_cents=accounts.c.released_cents + cents)
    record(connection, "reserve_released", campaign_id, By(actor, why), now, {"cents": cents})
    return left - cents


def put_stores(connection: sa.Connection, clocks: Sequence[Store], now: datetime) -> None:
    """Insert the stores' clocks or bring them up to date; what changed is an entry of the chain, what hasn't isn't written.
    The lock on issuing is held."""
    known = {row.store_id: Store(**row._mapping) for row in connection.execute(sa.select(stores))}
    changed = sorted((one for one in clocks if known.get(one.store_id) != one), key=lambda one: one.store_id)
    if not changed:
        return
    head = read_account(connection, CHAIN, lock=True)
    for one in changed:
        if one.store_id in known:
            connection.execute(sa.update(stores).where(stores.c.store_id == one.store_id).values(asdict(one)))
        else:
            connection.execute(sa.insert(stores).values(asdict(one)))
    said = [(Entry("terms", None, CHAIN, None, one.store_id, 0, now, now), asdict(one)) for one in changed]
    append(connection, head, [(entry, None, Stamp("tables", None, told)) for entry, told in said])
