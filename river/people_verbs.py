"""The verbs about who is who, a sub-page of the command line: `daypart people …`. No logic here either."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import console
from settings import load_settings

people_app = typer.Typer(no_args_is_help=True, help="Who is who.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@people_app.command()
def link(
    file: Annotated[Path, typer.Option(help="identity, other, evidence, occurred_at: CSV or parquet.")],
    as_json: Json = False,
) -> None:
    """A table of links between identities; bad rows into a quarantine file. A rerun changes nothing."""
    from river import erasing, links

    with console.progress() as report:
        done = links.link_file(load_settings(), file, erasing.shell(), datetime.now(UTC), report)
    console.show(done, as_machine=as_json)


@people_app.command()
def claim(user_id: str, store: str, order: str, as_json: Json = False) -> None:
    """A person shows the receipt of a ticket that named nobody: it counts as theirs from now on."""
    from river import erasing, who

    done = who.claim_receipt(load_settings(), user_id, store, order, erasing.shell(), datetime.now(UTC))
    console.show(done, as_machine=as_json)


@people_app.command()
def queue(limit: int = 100, after: int = 0, as_json: Json = False) -> None:
    """Links that contradict what stands and wait for an operator, by number."""
    from river import who

    console.show(who.waiting(load_settings(), limit, after), as_machine=as_json)


@people_app.command()
def rule(
    number: int,
    ruling: Annotated[str, typer.Argument(help="accepted, rejected, or none: takes a ruling back.")],
    why: Annotated[str, typer.Option(help="For the audit, which names nobody.")],
    as_json: Json = False,
) -> None:
    """An operator's word on a link: accepted merges, rejected splits, none undoes the ruling."""
    from river import erasing, who

    said = "" if ruling == "none" else ruling
    done = who.rule_link(load_settings(), number, said, erasing.shell(), why, datetime.now(UTC))
    console.show(done, as_machine=as_json)


@people_app.command("who")
def who_is(user_id: str, as_json: Json = False) -> None:
    """Who an id or identity is: the person's name, all their ids, and every link with what became of it."""
    from river import who

    found = who.who_is(load_settings(), user_id)
    if as_json:
        console.show(found, as_machine=True)
        return
    console.show({"user_id": found["user_id"]}, as_machine=False)
    for part in ("identities", "links"):
        console.show(found[part], as_machine=False)
