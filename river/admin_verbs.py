"""The verbs of an administrator, a sub-page of the command line: `daypart keys …` and `daypart audit`. No logic here either."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

import console
from settings import load_settings

keys_app = typer.Typer(no_args_is_help=True, help="API keys.")

_FORMS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Why = Annotated[str, typer.Option(help="For the audit.")]


def _now() -> datetime:
    return datetime.now(UTC)


@keys_app.command("create")
def keys_create(
    scope: Annotated[str, typer.Option(help="app, pos, scheduler, analyst or admin.")],
    store: Annotated[str | None, typer.Option(help="Binds a till's key to its store.")] = None,
    days: Annotated[int | None, typer.Option(help="The key works so long.")] = None,
    until: Annotated[
        datetime | None, typer.Option(help="The key works until then; UTC if no offset.", formats=_FORMS)
    ] = None,
    why: Why = "",
    as_json: Json = False,
) -> None:
    """An API key, shown once."""
    from river import admin

    end = until if until is None or until.tzinfo else until.replace(tzinfo=UTC)
    console.show(admin.create_key(load_settings(), scope, store, _now(), days, end, why), as_machine=as_json)


@keys_app.command("list")
def keys_list(as_json: Json = False) -> None:
    """Every key there ever was: name, scope, store, state, dates; never a secret."""
    from river import admin

    console.show(admin.list_keys(load_settings(), _now()), as_machine=as_json)


@keys_app.command("revoke")
def keys_revoke(key_id: str, why: Annotated[str, typer.Option(help="For the audit.")], as_json: Json = False) -> None:
    """End a key: every worker refuses it within ten seconds."""
    from river import admin

    admin.revoke_key(load_settings(), key_id, why, _now())
    console.show({"key_id": key_id, "state": "revoked"}, as_machine=as_json)


@keys_app.command("rotate")
def keys_rotate(
    key_id: str,
    overlap_hours: Annotated[float, typer.Option(help="So long the old key works beside the new one.")] = 24.0,
    why: Why = "",
    as_json: Json = False,
) -> None:
    """A successor with the same scope and store, shown once; the old key works on for the overlap."""
    from river import admin

    console.show(admin.rotate_key(load_settings(), key_id, overlap_hours, why, _now()), as_machine=as_json)


def audit(limit: int = 50, as_json: Json = False) -> None:
    """What administrators did, newest first: when, what, to what, who, why."""
    from river import admin

    console.show(admin.audited(load_settings(), limit), as_machine=as_json)
