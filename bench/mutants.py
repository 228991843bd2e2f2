"""`make mutants`: every mutant of the ledger's pure pages put to their tests; who survives is listed and explained, or killed.

A mutant is a page changed in one place: by cosmic-ray's operators and by ours (`bench.mutants_ours`). Survivors stand
in `docs/mutants.toml` with the reason why no test can, or need, tell them from the page. The run fails on a survivor that isn't
there, and on one that is there and was killed; else it notes the pages' hashes, which `make test` compares.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.mutants_judged import PAGES, ROOT, judge
from bench.mutants_ours import bare, changed_pages

LIST = ROOT / "docs" / "mutants.toml"
Key = tuple[str, str, str, str]
"""(page, function, the lines as they are, the lines as they become)."""


@dataclass(frozen=True)
class Mutant:
    """`was` and `becomes`: the lines that differ, stripped, one beneath the other; `where`: the function that holds them."""

    page: str
    where: str
    was: str
    becomes: str
    source: str

    @property
    def key(self) -> Key:
        """What names it, whatever stands above it on the page."""
        return self.page, self.where, self.was, self.becomes


def mutants_of(page: str, source: str, every: Iterator[str]) -> list[Mutant]:
    """The mutants that parse and mean something else than the page, each once."""
    seen, found = {ast.dump(bare(source))}, []
    for mutated in every:
        try:
            meaning = ast.dump(bare(mutated))
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            found.append(Mutant(page, *_difference(source, mutated), mutated))
    return found


def of_cosmic_ray(source: str) -> Iterator[str]:
    """The page with one of cosmic-ray's changes each."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    for name in sorted(operator_names()):
        operator = get_operator(name)
        if operator.arguments():
            continue
        occurrence = 0
        while (mutated := mutate_code(source, operator(), occurrence)) is not None:
            yield mutated
            occurrence += 1


def listed(text: str) -> tuple[Mapping[str, str], dict[Key, str]]:
    """(SHA-256 by page, reason by survivor) of `docs/mutants.toml`."""
    found = tomllib.loads(text)
    rows = found.get("survivor", [])
    return found["pages"], {(row["page"], row["where"], row["was"], row["becomes"]): row["why"] for row in rows}


def hash_of(page: str) -> str:
    """SHA-256 of a page as it stands."""
    return hashlib.sha256((ROOT / page).read_bytes()).hexdigest()


def _difference(source: str, mutated: str) -> tuple[str, str, str]:
    old, new = source.splitlines(), mutated.splitlines()
    spans = [step[1:] for step in difflib.SequenceMatcher(None, old, new, False).get_opcodes() if step[0] != "equal"]
    begin, end, first, last = spans[0][0], spans[-1][1], spans[0][2], spans[-1][3]
    holding = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.lineno <= begin + 1 <= (node.end_lineno or 0)
    ]
    where = max(holding, key=lambda node: node.lineno).name if holding else ""
    was, becomes = ("\n".join(line.strip() for line in part) for part in (old[begin:end], new[first:last]))
    return where, was, becomes


def main(only: list[str]) -> int:
    """Judge every mutant of the pages, or of those named; 1 when the list isn't what was found."""
    _, known = listed(LIST.read_text("utf-8"))
    pages = only or list(PAGES)
    texts = {page: (ROOT / page).read_text("utf-8") for page in pages}
    made = [
        one
        for page, text in texts.items()
        for one in mutants_of(page, text, iter([*of_cosmic_ray(text), *changed_pages(text)]))
    ]
    began = time.monotonic()
    put = [*texts.items(), *((one.page, one.source) for one in made)]
    lives = dict(judge(put, os.cpu_count() or 1))
    if not all(lives[place] for place in range(len(pages))):
        sys.stderr.write("mutants: the rules' tests fail on the pages as they are; mend that first (make test)\n")
        return 1
    living = [one for place, one in enumerate(made, len(pages)) if lives[place]]
    print(f"{len(made)} mutants of {len(pages)} pages in {time.monotonic() - began:.0f} s")
    alive, total = (Counter(one.page for one in some) for some in (living, made))
    for page in pages:
        print(f"  {page:24} {total[page] - alive[page]:5} killed {alive[page]:4} survived")
    return compared({one.key for one in living}, {key for key in known if key[0] in pages}, pages)


def compared(living: set[Key], known: set[Key], pages: list[str]) -> int:
    """Print where the survivors and the list differ; 1 if they do, else note the pages' hashes."""
    for told, keys in (("not in the list", living - known), ("in the list, but killed or gone", known - living)):
        for page, where, was, becomes in sorted(keys):
            print(f"\n{told}: {page} {where}\n- " + was.replace("\n", "\n- ") + "\n+ " + becomes.replace("\n", "\n+ "))
    if living != known:
        print(f"\n{LIST.relative_to(ROOT)}: kill them with a test, or list each with its reason; take out what is gone")
        return 1
    text = LIST.read_text("utf-8")
    for page, before in listed(text)[0].items():
        text = text.replace(f'"{page}" = "{before}"', f'"{page}" = "{hash_of(page)}"') if page in pages else text
    LIST.write_text(text, "utf-8")
    print(f"\nevery survivor is listed and explained in {LIST.relative_to(ROOT)}; the pages' hashes are noted there")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
