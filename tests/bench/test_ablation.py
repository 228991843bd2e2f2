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
        recipe = made[f"without {name} ({', '.join(gone)})"]
        assert {*whole.usual_terms, *whole.new_terms} - {*recipe.usual_terms, *recipe.new_terms} == {*gone} & {
            *whole.usual_terms,
            *whole.new_terms,
        }
        assert {*gone} & {*whole.usual_terms, *whole.new_terms}, f"{name} is in no form"
    for name, more in ablation.MORE.items():
        assert not {*more} & {*whole.usual_terms, *whole.new_terms}, f"{name} is in a form already"
        assert {*made[f"with {name}"].usual_terms} == {*whole.usual_terms, *more}
    assert "als" in made["with als"].new_terms
    assert "latest" not in made["with latest"].new_terms, "what is not owned has no habit"
    assert all(recipe.trials == 1 for recipe in made.values())


def test_every_default_term_belongs_to_a_group_but_popularity_and_the_factors():
    grouped = {term for gone in ablation.GROUPS.values() for term in gone}
    assert {*Recipe().usual_terms, *Recipe().new_terms} - grouped == {"popularity", "cold"}


def test_a_row_a_recipe_with_paired_differences(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("TAFENG", raising=False)
    events = market.events()
    last = events.filter(pl.col.occurred_at.dt.date() == pl.col.occurred_at.dt.date().max().over("user_id"))

    def write(folder, day):
        paths = folder / "events.parquet", folder / "targets.parquet"
        events.join(last, on=["user_id", "occurred_at"], how="anti").write_parquet(paths[0])
        last.select("user_id", "product_id").write_parquet(paths[1])
        return paths

    monkeypatch.setattr(ablation, "write_cut", write)
    (tmp_path / "journey").mkdir()
    assert ablation.main([str(tmp_path), "habit"]) == 0
    title, whole, without = capsys.readouterr().out.splitlines()
    assert "users" in title
    assert whole.startswith("| all terms | 0.")
    assert "without habit" in without
    ahead = [float(cell.split("(")[1].split(",")[0]) for cell in without.split("|")[2:5]]
    assert any(ahead), "leaving the habit out changes nothing"


def test_of_ta_feng_the_last_known_basket_is_held_out_and_no_target_is_read(tmp_path, monkeypatch):
    known = pl.DataFrame({"user_id": list("uuuv"), "product_id": list("abca"), "occurred_at": [0, 1, 1, 0]})
    monkeypatch.setattr(ablation, "read", lambda data: (known, []))
    events, targets = map(pl.read_parquet, ablation.write_last_known(tmp_path, tmp_path / "out"))
    assert events.rows() == [("u", "a", 0)]
    assert sorted(targets.rows()) == [("u", "b"), ("u", "c")]
