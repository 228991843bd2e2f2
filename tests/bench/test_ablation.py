"""The ablation leaves out what it says, and compares the same users."""

import polars as pl

from bench import ablation
from tests.training import market
from training.recipe import Recipe


def test_each_group_leaves_out_its_terms_and_no_others():
    whole = Recipe()
    made = ablation.recipes()
    assert next(iter(made)) == "all terms"
    for name, gone in ablation.GROUPS.items():
        recipe = made[f"without {name}"]
        assert {*whole.usual_terms, *whole.new_terms} - {*recipe.usual_terms, *recipe.new_terms} == {*gone} & {
            *whole.usual_terms,
            *whole.new_terms,
        }
        assert {*gone} & {*whole.usual_terms, *whole.new_terms}, f"{name} is in no form"
    assert "als" in made["with als"].new_terms
    assert all(recipe.trials == 1 for recipe in made.values())


def test_every_default_term_belongs_to_a_group_but_popularity_and_the_factors():
    grouped = {term for gone in ablation.GROUPS.values() for term in gone}
    assert {*Recipe().usual_terms, *Recipe().new_terms} - grouped == {"popularity", "cold"}


def test_a_row_a_recipe_with_paired_differences(tmp_path, monkeypatch, capsys):
    events = market.events()
    last = events.filter(pl.col.occurred_at.dt.date() == pl.col.occurred_at.dt.date().max().over("user_id"))

    def write(folder, day):
        paths = folder / "events.parquet", folder / "targets.parquet"
        events.join(last, on=["user_id", "occurred_at"], how="anti").write_parquet(paths[0])
        last.select("user_id", "product_id").write_parquet(paths[1])
        return paths

    monkeypatch.setattr(ablation, "write_cut", write)
    assert ablation.main([str(tmp_path), "habit"]) == 0
    whole, without = capsys.readouterr().out.splitlines()
    assert whole.startswith("| all terms | 0.")
    assert "without habit" in without
    ahead = [float(cell.split("(")[1].split(",")[0]) for cell in without.split("|")[2:5]]
    assert any(ahead), "leaving the habit out changes nothing"
