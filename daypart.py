"""The command line. One page, no logic: each verb opens the rooms it needs and prints what they say."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import console
from river import admin_verbs, people_verbs, person_verbs, policy_verbs
from settings import load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
user_app = typer.Typer(no_args_is_help=True, help="One person.")
app.add_typer(user_app, name="user")
app.add_typer(admin_verbs.keys_app, name="keys")
app.add_typer(policy_verbs.policy_app, name="policy")
app.add_typer(people_verbs.people_app, name="people")
app.command()(admin_verbs.audit)
app.command()(person_verbs.purge)
for verb in (person_verbs.show, person_verbs.export, person_verbs.erase, person_verbs.consent):
    user_app.command()(verb)

DAY, MOMENT, OFFSET = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Moment = Annotated[
    datetime | None,
    typer.Option(help="Only what happened before it; UTC if no offset.", formats=[DAY, MOMENT, OFFSET]),
]
Table = Annotated[Path | None, typer.Option(help="Parquet or CSV, by extension.")]


def _now() -> datetime:
    return datetime.now(UTC)


def _utc(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def demo(data: str = "complete-journey", once: bool = False, weeks: Annotated[int, typer.Option(min=0)] = 8) -> None:
    """The whole river on real purchases (or --data cafe, which plays --weeks of its loop), then a service that answers; --once
    stops after printing."""
    from bench.demo import run

    run(load_settings(), data, once, _now(), weeks)


@app.command()
def ingest(
    events: Table = None, products: Table = None, stores: Table = None, assortment: Table = None, as_json: Json = False
) -> None:
    """Tables into the lake; bad rows into a quarantine file. A rerun changes nothing."""
    from training import ingest as room
    from training.filed import write_filed
    from training.parts import locked

    with console.progress() as report:
        tables = {"events": events, "products": products, "stores": stores, "assortment": assortment}
        settings = load_settings()
        done = room.ingest(settings.lake, **tables, now=_now(), secret=settings.identity_secret, progress=report)
        if events is not None:
            with locked(settings.lake):
                write_filed(settings.lake)
    console.show(done, as_machine=as_json)


@app.command()
def features(through: Moment = None, as_json: Json = False) -> None:
    """Take in what tills and apps sent; compute, apply and materialise the features."""
    from river import steps

    with console.progress() as report:
        done = steps.refresh_features(load_settings(), _utc(through) or _now(), _now(), report)
    console.show(done, as_machine=as_json)


@app.command()
def train(through: Moment = None, as_json: Json = False) -> None:
    """Fit, export a candidate artifact, print its metrics beside the baselines."""
    from river import erasing
    from training import train as room
    from training.evaluate_table import as_rows

    erasing.finish(load_settings(), _now())
    with console.progress() as report:
        done = room.train(load_settings(), through=_utc(through), progress=report)
    if as_json:
        console.show(done, as_machine=True)
    else:
        console.show({name: value for name, value in vars(done).items() if name != "metrics"}, as_machine=False)
        console.show(as_rows(done.metrics), as_machine=False)
    if done.logged and done.logged.warning:
        console.aside.print(f"daypart: {done.logged.warning}", markup=False)


@app.command()
def evaluate(
    events: Annotated[Path, typer.Option(help="All that is known: parquet or CSV.")],
    targets: Annotated[Path, typer.Option(help="user_id, product_id: what each user took next.")],
    out: Path = Path("metrics.json"),
    k: str = "10,20",
    cutoff: Moment = None,
    as_json: Json = False,
) -> None:
    """Score the model and the baselines on --targets, knowing --events only."""
    from training import evaluate as room
    from training.evaluate_table import as_rows
    from training.odd_data import told

    with console.progress() as report:
        done = room.evaluate(events, targets, out, ks=room.read_ks(k), cutoff=_utc(cutoff), progress=report)
    console.show(done if as_json else as_rows(done), as_machine=as_json)
    if not as_json:
        console.show(told(done), as_machine=False)


@app.command()
def models(as_json: Json = False) -> None:
    """The shelf: every version of the ranker, its metrics, which is current."""
    from training import gate

    console.show(gate.models(load_settings()), as_machine=as_json)


@app.command()
def promote(
    version: Annotated[str | None, typer.Argument()] = None, force: bool = False, why: str = "", as_json: Json = False
) -> None:
    """Make a candidate current, if not worse than the incumbent (--force --why overrides), newest `when` and `response` too."""
    from river import admin
    from training.promoting import went_into_use

    done = admin.promote(load_settings(), version, force, why, _now())
    console.show(done, as_machine=as_json)
    raise typer.Exit(0 if went_into_use(done) else 1)


@app.command()
def rollback(why: str = "", as_json: Json = False) -> None:
    """Return to the version before."""
    from river import admin

    console.show(admin.rollback(load_settings(), why, _now()), as_machine=as_json)


@app.command()
def plan(
    day: Annotated[datetime, typer.Option("--for", formats=[DAY])],
    campaign: str = "usual",
    again: Annotated[bool, typer.Option(help="For those too whom money or stock left without an offer.")] = False,
    as_json: Json = False,
) -> None:
    """Plan and issue timed coupons for one day under the campaign's budget; --again within the day, out of what is left."""
    from river import steps

    with console.progress() as report:
        done = steps.plan_offers(load_settings(), campaign, day.date(), _now(), report, again)
    # JSON goes on into logs and files, which no erasure reaches: people are shown on a screen only.
    console.show(replace(done, sample=()), as_machine=as_json)
    if done.sample and not as_json:
        console.table(
            ("user", "product", "text"),
            [(u, p, " / ".join(text.values())) for u, p, text in done.sample],
            "for example",
        )


@app.command()
def lift(campaign: str, through: Moment = None, as_json: Json = False) -> None:
    """What a campaign earns by its holdout, with intervals; before it starts, the smallest effect it could show."""
    from river.proof import measure_lift
    from river.proof_words import sentences

    with console.progress() as report:
        done = measure_lift(load_settings(), campaign, _utc(through) or _now(), _now(), report)
    if as_json:
        console.show(done, as_machine=True)
    else:
        console.out.print("\n".join(sentences(done)), markup=False)


@app.command()
def serve(
    workers: Annotated[int | None, typer.Option(min=0, max=256, help="Processes, 0: one a core.")] = None,
) -> None:
    """Start the service."""
    from river.beside import follower
    from serving.launch import run

    run(load_settings(), workers, follower)


@app.command()
def verify(as_json: Json = False) -> None:
    """Replay the journal, check the chain and the stored sums; exit code 1 on any difference."""
    from river import steps

    found = steps.verify_ledger(load_settings())
    console.show(found if as_json else {"differences": found["differences"]}, as_machine=as_json)
    raise typer.Exit(1 if found["differences"] else 0)


@app.command()
def reconcile(
    till: Annotated[Path, typer.Option(help="coupon_id, order_id, discount_cents: CSV or parquet.")],
    since: Moment = None,
    before: Moment = None,
    as_json: Json = False,
) -> None:
    """A till's file beside the ledger, coupon by coupon, by moments in [since, before); exit 1 when anything needs a look."""
    from river import steps

    done = steps.reconcile_till(load_settings(), till, _utc(since), _utc(before))
    console.show(done if as_json else replace(done, exceptions=()), as_machine=as_json)
    if not as_json:
        console.show(done.exceptions, as_machine=False)
    raise typer.Exit(0 if done.agrees else 1)


@app.command("release-reserve")
def release_reserve(campaign: str, cents: int, why: Annotated[str, typer.Option()], as_json: Json = False) -> None:
    """Let new coupons have some of what a campaign keeps back; the act and its reason are an entry."""
    from river import admin

    left = admin.release_reserve(load_settings(), campaign, cents, why, _now())
    console.show({"campaign": campaign, "released_cents": cents, "reserve_cents": left}, as_machine=as_json)


def main() -> None:
    """Run the command line; an error that one of our rooms wrote is one line and exit code 2, never a traceback."""
    # Before numpy is first imported: reruns repeat themselves on one thread, and small products gain nothing by more.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["TZ"] = "UTC"
    # What a home holds tells of people: its owner alone reads it, whatever the shell lets others have.
    os.umask(0o077)
    try:
        app()
    except Exception as error:
        if not console.is_ours(error):
            raise
        sys.stderr.write(f"daypart: {console.plain(error)}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
