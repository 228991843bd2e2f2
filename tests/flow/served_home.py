"""A home that can be served: the tiny world through lake and features, a checkerboard artifact that speaks its words, and
one coupon for ann, on a latte in soho, which is valid around now.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.artifact import write_artifact
from models.shelf import point
from models.vocabulary import Vocabulary
from offers.campaign import Budget, Campaign, Depth, Send
from offers.desk import Desk
from offers.drafts import NOTHING, Arm, Decision, Terms
from offers.journal import Journal
from offers.slots import Store
from serving import keys
from serving.tables import prepare
from settings import Settings
from tests import world
from tests.models import checkerboard
from tests.suites.online_world import online_world

N_OTHERS = checkerboard.N_PRODUCTS + 1 - len(world.PRODUCTS)
PRODUCTS = sorted([*world.PRODUCTS, *(f"x{n:02d}" for n in range(N_OTHERS))])


def fill(home: Path, ledger_url: str | None = None) -> dict[str, str]:
    """Make everything that serving needs below `home` (the ledger elsewhere, if told); returns one key by scope."""
    settings = Settings(home=home)
    with online_world(settings):
        pass
    words = {**Vocabulary.encode(PRODUCTS, "products"), **Vocabulary.encode(["bund", "soho"], "stores")}
    arrays = {**checkerboard.arrays(), **words}
    artifact = write_artifact(settings.shelf, "ranker", arrays, checkerboard.manifest())
    point(settings.shelf, "ranker", artifact.version)
    journal, now = Journal(ledger_url or settings.ledger_url), datetime.now(UTC)
    try:
        prepare(journal.engine)
        issue(Desk(journal), now)
        return {scope: keys.create(journal.engine, scope, now) for scope in keys.SCOPES}
    finally:
        journal.close()


def issue(desk: Desk, now: datetime) -> None:
    """Open campaign `c` and issue the coupon."""
    # Whatever the hour at which the tests run, it is no quiet time.
    always = Send(quiet_from="00:00", quiet_until="00:00")
    budget = Budget(granted_cents=1000, reserve_share=0.1)
    campaign = Campaign(id="c", budget=budget, depth=Depth(ladder_cents=(100,)), send=always)
    desk.open(campaign, [Store("soho", "America/New_York")], now)
    terms = Terms(
        product_id="latte", store_id="soho", discount_cents=100, price_cents=450, floor_cents=300, expected_cents=20,
        currency="USD", send_at=now - timedelta(hours=2), valid_from=now - timedelta(hours=1),
        valid_until=now + timedelta(hours=1), text={"en": "Latte −$1.00", "zh": "拿铁减1元"},
    )  # fmt: skip
    arms = (NOTHING, Arm("latte", 100, 0.2, 5.0, 20.0))
    desk.issue("c", [Decision("ann", now.date(), arms, 1, 1, 0.95, terms=terms)], now)
