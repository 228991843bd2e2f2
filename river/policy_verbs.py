"""The verb of an analyst about policies that never ran: `daypart policy value`. No logic here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

import console
from settings import load_settings

policy_app = typer.Typer(no_args_is_help=True, help="What other policies would have brought.")


@policy_app.callback()
def _group() -> None:
    """What other policies would have brought."""


@policy_app.command("value")
def policy_value(
    campaign: str = "usual",
    policy: Annotated[str, typer.Option(help="as-sent, send-nothing, best-value or uniform:CENTS.")] = "send-nothing",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What a campaign would have brought under another policy, by its own decisions, three ways, with intervals and alarms."""
    from river.policies import POLICIES
    from river.policy_told import tell

    done = tell(load_settings(), campaign, policy, datetime.now(UTC))
    if as_json:
        console.show(done, as_machine=True)
        return
    says = POLICIES.get(policy, POLICIES["uniform:CENTS"])
    console.out.print(f"{policy}: {says}. Margin in cents a decision, within {done.days} days of it.", markup=False)
    ways = {"what was done": done.done, "IPS": done.value.ips, "SNIPS": done.value.snips, "DR": done.value.dr}
    rows = [(name, each.value, each.low, each.high) for name, each in ways.items() if each is not None]
    console.table(("estimate", "value", "95% from", "to"), rows)
    n, people, worth = done.value.n, done.value.n_users, done.value.effective
    console.out.print(
        f"{n:,} decisions of {people:,} people, worth {worth:,.0f} of its own; in full tens.", markup=False
    )
    for alarm in done.alarms:
        console.out.print(f"Careful: {alarm}.", markup=False)
