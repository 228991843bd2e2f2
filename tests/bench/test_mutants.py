"""The list of mutants that survive is about the rules as they are, and each mutant of it can still be made."""

import ast
import sys

import pytest

from bench import mutants
from bench.mutants import LIST, PAGES, Mutant, hash_of, listed, mutants_of
from bench.mutants_judged import ROOT, TESTS, Judge, put_in_place
from bench.mutants_ours import bare, changed_pages

HASHES, SURVIVORS = listed(LIST.read_text("utf-8"))
TINY = '''"""A page."""
LIMIT = 3


def kind(n: int | None, names=("a", "b")) -> str:
    """What it is."""
    if n is None or n > LIMIT:
        return f"{n} is none"
    return names[max(n, 0)]
'''


@pytest.mark.parametrize("page", PAGES)
def test_the_run_was_made_over_the_rules_as_they_are(page):
    assert HASHES[page] == hash_of(page), f"{page} has changed: make mutants"


def test_every_page_of_the_rules_is_run():
    from tests.house.test_pure_rules import PURE

    assert set(HASHES) == set(PAGES) == set(PURE)
    assert all((ROOT / test).is_file() for test in TESTS)


@pytest.mark.parametrize("key", SURVIVORS, ids=lambda key: f"{key[0]}:{key[1]}")
def test_a_survivor_can_still_be_made_and_is_explained(key):
    page, where, was, becomes = key
    source = (ROOT / page).read_text("utf-8")
    holding = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef) and one.name == where]
    assert not where or len(holding) == 1
    lines = [line.strip() for line in source.splitlines()]
    wanted = was.split("\n")
    assert any(lines[at : at + len(wanted)] == wanted for at in range(len(lines)))
    assert was != becomes
    assert len(SURVIVORS[key].split()) >= 4


def test_our_changes_reach_what_rules_are_made_of():
    made = mutants_of("tiny.py", TINY, changed_pages(TINY))
    found = {(one.where, one.becomes) for one in made}
    for line in (
        'def kind(n: int | None, names=("b", "a", )) -> str:', 'def kind(n: int | None, names=("a", )) -> str:',
        'def kind(n: int | None, names=("a", "mutant")) -> str:', "if True:", "if False:", "if ((n > LIMIT)):",
        "if ((n is None)):", 'return "mutant"', "return names[min(n, 0)]", "return names[max(n)]", "pass",
    ):  # fmt: skip
        assert ("kind", line) in found, line
    assert ("", "pass") in found
    # Every one means something else, and no two the same.
    meanings = {ast.dump(bare(one.source)) for one in made}
    assert len(meanings) == len(made)
    assert ast.dump(bare(TINY)) not in meanings


def test_what_only_reads_or_annotates_is_no_mutant():
    same = TINY.replace("int | None", "int").replace("What it is", "Anything").replace("if n", "if  n")
    torn = TINY.replace("def kind(", "def kind((")
    assert mutants_of("tiny.py", TINY, iter([same, torn, TINY])) == []


def test_everybody_gets_the_mutant_in_place_of_the_page():
    from offers import eligibility, limits
    from tests.offers.desk_world import AT, book, redeem

    page = "offers/limits.py"
    source = (ROOT / page).read_text("utf-8")
    ours = {name: module for name, module in sys.modules.items() if name.split(".")[0] in ("offers", "tests")}
    held = {name: dict(module.__dict__) for name, module in ours.items()}
    stopped = book(account={"stopped": True})
    try:
        put_in_place(page, source.replace("is stopped", "stands still"))
        from offers.ledger import decide

        assert decide(stopped, redeem(), AT).detail == "campaign c stands still"
        assert sys.modules["offers.eligibility"] is eligibility
        assert sys.modules["offers.limits"] is not limits
        with pytest.raises(KeyError):
            put_in_place(page, source.replace("def campaign_stopped", "def stopped"))
    finally:
        for name, module in ours.items():
            sys.modules[name] = module
            module.__dict__.update(held[name])
    from offers.ledger import decide as restored

    assert restored(stopped, redeem(), AT).detail == "campaign c is stopped"


def test_the_list_and_what_was_found_must_agree(tmp_path, monkeypatch, capsys):
    one = Mutant(PAGES[0], "place", "return 1", "return 2", "")
    file = tmp_path / "mutants.toml"
    monkeypatch.setattr(mutants, "LIST", file)
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    (tmp_path / "offers").mkdir()
    (tmp_path / PAGES[0]).write_text("return 1\n")
    file.write_text(f'[pages]\n"{PAGES[0]}" = "old"\n')
    assert mutants.compared({one.key}, set(), [PAGES[0]]) == 1
    assert "not in the list: offers/basket.py place\n- return 1\n+ return 2" in capsys.readouterr().out
    assert mutants.compared(set(), {one.key}, [PAGES[0]]) == 1
    assert "in the list, but killed or gone" in capsys.readouterr().out
    assert "old" in file.read_text()
    assert mutants.compared({one.key}, {one.key}, [PAGES[0]]) == 0
    assert listed(file.read_text())[0][PAGES[0]] == mutants.hash_of(PAGES[0])


def test_a_judge_needs_its_tests():
    assert Judge([], 1).judged == []
