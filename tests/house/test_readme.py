"""The README's commands are real: every verb and option exists, every make target too, every file it names is there."""

import re
import shlex

import pytest
import typer.main

import daypart
from tests.house.rooms import ROOT

README = (ROOT / "README.md").read_text("utf-8")
LINES = [line for block in re.findall(r"```sh[^\n]*\n(.*?)```", README, re.S) for line in block.splitlines()]
VERBS = [
    part.strip()
    for line in LINES
    for part in line.split("#")[0].split("&&")
    if part.strip().startswith(".venv/bin/daypart")
]


def command_of(words):
    """The command that `words` reach, and what is left of them."""
    command = typer.main.get_command(daypart.app)
    while words and hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def faults(line):
    """What of a `daypart …` line would be refused by the command line: unknown or missing options, stray arguments."""
    command, words = command_of(shlex.split(line)[1:])
    options = {name for p in command.params for name in p.opts if name.startswith("-")}
    needed = {p.opts[0] for p in command.params if p.required and p.opts[0].startswith("-")}
    given = {word for word in words if word.startswith("-")}
    stray = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if not word.startswith("-") and before not in given
    ]
    n_arguments = sum(not p.opts[0].startswith("-") for p in command.params)
    return sorted(given - options) + sorted(needed - given) + stray[n_arguments:]


@pytest.mark.parametrize("line", VERBS)
def test_every_verb_of_the_readme_is_taken_by_the_command_line(line):
    assert faults(line) == []


def test_a_wrong_line_is_seen():
    assert len(VERBS) >= 6
    assert faults("daypart evaluate --event x --targets y") == ["--event", "--events"]
    assert faults("daypart train now") == ["now"]


def test_every_make_target_of_the_readme_exists():
    targets = set(re.findall(r"^([a-z]+(?:-%)?):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.M))
    assert named
    assert {
        name for name in named if name not in targets and not (name.startswith("bench-") and "bench-%" in targets)
    } == set()


def test_every_file_of_the_readme_is_there():
    named = re.findall(r"\]\(([\w./-]+)\)", README)
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []
