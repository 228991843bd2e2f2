"""`evaluate` on anybody's files: the shape WIRE.md promises, nothing learned from targets, every odd row accounted for."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from tests.training import market
from training.cuts import global_cut
from training.errors import TrainingError
from training.evaluate import evaluate, read_ks
from training.metrics import KEYS
from training.recipe import Recipe

RECIPE = Recipe(blend_others=20, trials=2)
CUT = date(2025, 8, 4)
KNOWN, TARGETS = global_cut(market.events(), CUT, "America/New_York")


def write(folder, events=KNOWN, targets=TARGETS):
    folder.mkdir(exist_ok=True)
    events.write_parquet(folder / "events.parquet")
    targets.write_parquet(folder / "targets.parquet")
    return folder / "events.parquet", folder / "targets.parquet"


def run(folder, events=KNOWN, targets=TARGETS, **options):
    return evaluate(*write(folder, events, targets), recipe=options.pop("recipe", RECIPE), **options)


def without_seconds(result):
    return {key: value for key, value in result.items() if key != "seconds"}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    found = run(folder, out=folder / "deep" / "metrics.json", ks=(5, 10))
    assert json.loads((folder / "deep" / "metrics.json").read_text()) == found
    return found


def test_the_shape_is_what_the_wire_promises(result):
    for part in ("k", "repeat", "explore"):
        assert set(result[part]) == {"5", "10"}
        assert set(result[part]["10"]) == set(KEYS)
    assert set(result["baselines"]) == {"global_popularity", "personal_frequency", "personal_then_popular"}
    for base in result["baselines"].values():
        assert set(base["k"]["10"]) == set(base["10"]) == set(KEYS)
    assert (result["n_users"], result["n_products"]) == (80, 36)
    assert set(result["seconds"]) == {"fit", "score"}
    assert result["params"]["blend_how"] == "usual and new fitted"
    assert result["params"]["usual_terms"] == list(RECIPE.usual_terms)


def test_people_with_habits_are_understood_better_than_by_counting_what_all_buy(result):
    model, popular = result["k"]["5"], result["baselines"]["global_popularity"]["5"]
    assert model["recall"] > 1.3 * popular["recall"]
    assert model["ndcg"] > 0.95 * result["baselines"]["personal_then_popular"]["5"]["ndcg"]


def test_habit_earns_its_place(tmp_path, result):
    bare = replace(RECIPE, usual_terms=("popularity", "month", "week", "rebuy", "repeat"))
    assert run(tmp_path, ks=(5,), recipe=bare)["k"]["5"]["ndcg"] < result["k"]["5"]["ndcg"] - 0.03


def test_targets_never_fit_or_tune(tmp_path, result):
    other = TARGETS.with_columns(pl.col.product_id.reverse()).head(40)
    assert run(tmp_path, targets=other, ks=(5, 10))["params"] == result["params"]


def test_reruns_repeat_themselves(tmp_path, result):
    assert without_seconds(run(tmp_path, ks=(5, 10))) == without_seconds(result)


def test_the_order_of_rows_and_repeated_rows_make_no_difference(tmp_path, result):
    numbered = KNOWN.with_row_index("event_id").with_columns(pl.col.event_id.cast(pl.String))
    shuffled = pl.concat([numbered, numbered.head(50)]).sample(fraction=1.0, shuffle=True, seed=4)
    assert without_seconds(run(tmp_path, events=shuffled, ks=(5, 10)))["k"] == result["k"]


def test_a_cutoff_is_as_if_the_rest_had_never_been_written(tmp_path):
    cutoff = datetime(2025, 7, 20, tzinfo=UTC)
    early = KNOWN.filter(pl.col.occurred_at < cutoff)
    cut = run(tmp_path / "a", cutoff=cutoff)
    assert cut["after_cutoff"] == len(KNOWN) - len(early) > 0
    known = run(tmp_path / "b", events=early)
    assert {**without_seconds(cut), "after_cutoff": 0} == without_seconds(known)


def test_only_ordered_dates_and_no_stores_orders_or_prices(tmp_path):
    nth = pl.col.occurred_at.dt.date().rank("dense").over("user_id")
    at = (pl.lit(date(2000, 1, 1)) + pl.duration(days=nth)).cast(pl.Date).alias("occurred_at")
    found = run(tmp_path, events=KNOWN.select("user_id", "product_id", at))
    assert found["k"]["10"]["recall"] > found["baselines"]["global_popularity"]["10"]["recall"]


def test_strangers_unknown_products_and_lost_rows_are_counted(tmp_path):
    extra = pl.DataFrame({"user_id": ["stranger", "u00", None, "u00"], "product_id": ["p00", "never", "p01", "never"]})
    gaps = pl.concat([KNOWN, KNOWN.head(3).with_columns(product_id=pl.lit(None, pl.String))])
    found = run(tmp_path, events=gaps, targets=pl.concat([TARGETS, extra]))
    assert (found["n_users"], found["unknown_users"], found["unknown_target_products"]) == (81, 1, 1)
    assert found["skipped_rows"] == {"events": 3, "targets": 1}
    assert found["repeated_target_rows"] == 1


def test_users_with_one_order_and_times_out_of_order_are_fine(tmp_path):
    once = pl.concat([KNOWN.reverse(), KNOWN.head(1).with_columns(user_id=pl.lit("once"))])
    targets = pl.concat([TARGETS, pl.DataFrame({"user_id": ["once"], "product_id": ["p05"]})])
    assert run(tmp_path, events=once, targets=targets)["unknown_users"] == 0


def test_every_oddity_is_in_the_output_and_moves_nothing_it_should_not(tmp_path, result):
    last = KNOWN.tail(1)
    odd = {
        "anonymous_rows": last.with_columns(user_id=pl.lit(None, pl.String), product_id=pl.lit("p00")),
        "other_types": last.with_columns(event_type=pl.lit("view"), product_id=pl.lit("never")),
        "duplicate_rows": last,
        "cancelling_nothing": last.with_columns(
            event_type=pl.lit("refund"), user_id=pl.lit("nobody"), order_id=pl.lit("o")
        ),
    }
    found = run(tmp_path, events=pl.concat([KNOWN, *odd.values()]), ks=(5, 10))
    single = KNOWN.group_by("user_id").agg(pl.col.occurred_at.dt.date().n_unique() == 1)["occurred_at"].sum()
    assert found["odd_events"] == {
        "anonymous_rows": 1, "other_types": 1, "duplicate_rows": 1, "out_of_order_rows": 0, "odd_quantities": 0,
        "cancelling_rows": 1, "cancelling_nothing": 1, "cancelled_rows": 0, "single_visit_users": single, "later_products": 0,
    }  # fmt: skip
    assert found["n_products"] == result["n_products"], "what was only looked at is not ranked"
    assert found["baselines"]["personal_frequency"]["k"] == result["baselines"]["personal_frequency"]["k"]
    assert set(result["odd_events"].values()) == {0}
    assert set(result["odd_targets"].values()) == {0}


def test_rows_that_repeat_all_of_another_count_once(tmp_path, result):
    found = run(
        tmp_path, events=pl.concat([KNOWN, KNOWN.tail(300)]).sort("occurred_at", maintain_order=True), ks=(5, 10)
    )
    assert found["odd_events"]["duplicate_rows"] == 300
    assert found["k"] == result["k"]


def test_rows_in_any_order_are_counted_and_give_the_same(tmp_path, result):
    found = run(tmp_path, events=KNOWN.reverse(), ks=(5, 10))
    assert found["odd_events"]["out_of_order_rows"] > len(KNOWN) / 2
    assert found["k"] == result["k"]


def test_a_product_sold_only_after_the_cut_is_a_miss_and_counted(tmp_path):
    cutoff = datetime(2025, 7, 20, tzinfo=UTC)
    late = KNOWN.tail(2).with_columns(product_id=pl.lit("late"))
    targets = pl.concat([TARGETS, pl.DataFrame({"user_id": ["u00", "u01", "new"], "product_id": ["late"] * 3})])
    found = run(tmp_path, events=pl.concat([KNOWN, late]), targets=targets, cutoff=cutoff)
    assert found["odd_events"]["later_products"] == 1
    assert found["odd_targets"] == {"unknown_user_rows": 1, "unknown_product_rows": 3, "single_visit_users": 0}
    assert (found["unknown_target_products"], found["unknown_users"], found["n_users"]) == (1, 1, 81)
    without = run(tmp_path, events=KNOWN, cutoff=cutoff, targets=TARGETS)
    assert found["k"]["10"]["recall"] < without["k"]["10"]["recall"], "nobody could hit it, so it costs everybody alike"


def ordered(events):
    """Each user's baskets numbered from 1, as whole numbers, ids as whole numbers, and nothing else."""
    nth = pl.col.occurred_at.dt.date().rank("dense").over("user_id").cast(pl.Int64).alias("occurred_at")
    return events.select(pl.col("user_id", "product_id").str.slice(1).cast(pl.Int64), nth)


def test_numbered_baskets_are_the_same_in_every_way_of_writing_them(tmp_path):
    rows, wanted = ordered(KNOWN), TARGETS.select(pl.all().str.slice(1).cast(pl.Int64))
    first = run(tmp_path, events=rows, targets=wanted)
    assert first["unknown_users"] == first["unknown_target_products"] == 0
    assert first["k"]["10"]["recall"] > 1.3 * first["baselines"]["global_popularity"]["10"]["recall"]
    assert any("each user's own last visits" in note for note in first["params"]["fell_back_on"])
    dates = rows.with_columns(occurred_at=pl.col.occurred_at.cast(pl.Int32).cast(pl.Date))
    for number, (events, targets) in enumerate(
        [(rows, wanted), (dates, wanted.cast(pl.Float64)), (rows.cast(pl.Float64), wanted)]
    ):
        events.write_csv(tmp_path / f"e{number}.csv")
        targets.write_csv(tmp_path / f"t{number}.csv")
        again = evaluate(tmp_path / f"e{number}.csv", tmp_path / f"t{number}.csv", recipe=RECIPE)
        assert without_seconds(again) == without_seconds(first)


def day(number):
    return date(2025, 1, 1 + number)


POOR = {
    "one row": [("u1", "a", 0)],
    "one user": [("u1", f"p{n % 7}", n) for n in range(28)],
    "one product": [(f"u{n % 9}", "a", n) for n in range(28)],
    "one day": [(f"u{n % 9}", f"p{n % 5}", 0) for n in range(28)],
    "one visit each": [(f"u{n}", f"p{n % 5}", n % 28) for n in range(60)],
    "nobody known": [(None, f"p{n % 5}", n) for n in range(28)],
}


@pytest.mark.parametrize("poor", POOR)
def test_next_to_nothing_is_enough_for_an_answer_that_says_what_it_is_worth(tmp_path, poor):
    rows = [(user, product, day(number)) for user, product, number in POOR[poor]]
    events = pl.DataFrame(
        rows, schema={"user_id": pl.String, "product_id": pl.String, "occurred_at": pl.Date}, orient="row"
    )
    targets = pl.DataFrame({"user_id": ["u1", "u1", "u2", "stranger"], "product_id": ["a", "p1", "p1", "p0"]})
    found = run(tmp_path, events=events, targets=targets, ks=(1, 1000))
    assert found["n_users"] == 3
    json.dumps(found, allow_nan=False)
    assert found["params"]["blend_how"] == "defaults"
    assert any(note.startswith("too few repeat or new purchases") for note in found["params"]["fell_back_on"])
    assert any("no store is known" in note for note in found["params"]["fell_back_on"])
    hits = {(r["user_id"], r["product_id"]) for r in targets.to_dicts()} & {(u, p) for u, p, _ in POOR[poor]}
    assert (found["k"]["1000"]["recall"] > 0) == bool(hits or {"p0", "p1"} & {*events["product_id"]})


def test_no_purchase_tells_what_there_was_instead(tmp_path):
    kinds = ["refund", *["bought"] * (len(KNOWN) - 1)]
    with pytest.raises(TrainingError, match=rf"nothing to fit on \(it holds: {len(kinds) - 1:,} bought, 1 refund\)"):
        run(tmp_path, events=KNOWN.with_columns(event_type=pl.Series(kinds)))


def test_a_recipe_that_diverges_says_what_to_change(tmp_path):
    factors = replace(RECIPE, new_terms=(*RECIPE.new_terms, "als"))
    for recipe, said in (
        (replace(factors, als_alpha=1e30), r"ALS diverged: .* lower als_alpha \(now 1e\+30\)"),
        (
            replace(factors, als_alpha=float("nan")),
            r"the recipe cannot be fitted; change als_alpha \(now nan\) above 0",
        ),
        (replace(RECIPE, blend_c=0.0), r"change blend_c \(now 0.0\) above 0"),
    ):
        with pytest.raises(TrainingError, match=said):
            run(tmp_path, recipe=recipe)


def test_a_handful_of_rows_is_enough_to_answer(tmp_path):
    found = run(tmp_path, events=KNOWN.filter(pl.col.user_id == "u00").head(4), targets=TARGETS.head(3))
    assert found["params"]["blend_how"] == "defaults"
    assert found["n_products"] <= 4


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ks": ()}, "k must be whole numbers from 1 to 1000; got none"),
        ({"ks": (0,)}, "got 0"),
        ({"cutoff": datetime(2025, 8, 1)}, "give its offset"),
        ({"cutoff": datetime(2020, 1, 1, tzinfo=UTC)}, "holds no purchase that stands before the cutoff"),
        ({"events": KNOWN.with_columns(event_type=pl.lit("view"))}, "holds no purchase that stands; nothing to fit on"),
    ],
)
def test_what_cannot_be_evaluated_says_why(tmp_path, options, said):
    with pytest.raises(TrainingError, match=said):
        run(tmp_path, **options)


def test_an_out_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=r"cannot be written .*choose another --out"):
        run(tmp_path, ks=(5,), out=tmp_path / "file" / "metrics.json")


def test_the_command_lines_words():
    assert read_ks("10, 20") == (10, 20)
    for text in ("", "ten", "10,", "-1"):
        with pytest.raises(TrainingError, match="--k"):
            read_ks(text)


def test_progress_is_told(tmp_path):
    told = []
    run(tmp_path, ks=(5,), progress=lambda *step: told.append(step))
    assert ("ranking every product for every user", 80, 80) in told
    assert all(0 <= done <= total for _, done, total in told)
