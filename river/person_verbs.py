"""The verbs about one person, a sub-page of the command line: `daypart user show`, `export`, `erase`, `consent`. No logic here
either."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import console
from settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def show(user_id: str, as_json: Json = False) -> None:
    """Who a person is, in words: what the service tells of them; exit code 1 when nobody with this id is known."""
    import msgspec

    from river import erasing
    from river.person_words import sentences
    from river.showing import show_user

    settings, now = load_settings(), datetime.now(UTC)
    shown = show_user(settings, user_id, erasing.shell(), now)
    if shown is None:
        console.aside.print(
            "daypart: nobody with this id is known here; is it written as it was told, card:… for a card?", markup=False
        )
        raise typer.Exit(1)
    if as_json:
        console.show(msgspec.to_builtins(shown.card), as_machine=True)
    else:
        console.out.print(
            "\n".join([f"Customer {shown.card.user_id}", *sentences(shown, settings.currency, now)]), markup=False
        )


def export(
    user_id: str, out: Annotated[Path | None, typer.Option(help="File to write; it must not be there yet.")] = None
) -> None:
    """Everything held of one person, as JSON."""
    from river import erasing, holdings

    text = console.as_json(holdings.export(load_settings(), user_id, erasing.shell(), datetime.now(UTC)))
    if out is None:
        console.out.print(text, markup=False)
    else:
        holdings.write_private(out, text)


def erase(
    user_id: str,
    why: Annotated[str, typer.Option(help="For the audit, which names nobody.")] = "",
    as_json: Json = False,
) -> None:
    """Erase one person from every store; prints the receipt. What broke off is finished by running it again."""
    from river import erasing

    done = erasing.erase_person(load_settings(), user_id, erasing.shell(), datetime.now(UTC), why)
    console.show(done, as_machine=as_json)


def purge(as_json: Json = False) -> None:
    """Take out what was kept long enough, and finish erasures; run it every night."""
    from river import purging

    console.show(purging.purge(load_settings(), datetime.now(UTC)), as_machine=as_json)


def consent(
    user_id: str,
    yes: Annotated[
        list[str] | None, typer.Option(help="A purpose they say yes to: recommend, offers, measurement.")
    ] = None,
    no: Annotated[list[str] | None, typer.Option(help="A purpose they say no to.")] = None,
    as_json: Json = False,
) -> None:
    """What a person allows, after a new word on it if one is given."""
    from river import consenting, erasing

    told = {**dict.fromkeys(yes or (), True), **dict.fromkeys(no or (), False)}
    done = consenting.consent(load_settings(), user_id, told, erasing.shell(), datetime.now(UTC))
    console.show(done, as_machine=as_json)
