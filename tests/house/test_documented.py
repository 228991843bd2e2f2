"""Every verb, setting, event and refusal stands in docs/reference.md, or the build fails."""

import re
from dataclasses import fields

from feature_repo.events import EVENT_TYPES
from settings import Settings
from tests.house.rooms import ROOT

REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")


def rows(section: str) -> list[str]:
    """First cells of the table under `## section…`."""
    body = re.split(r"^## ", REFERENCE, flags=re.M)
    part = next(b for b in body if b.startswith(section))
    return re.findall(r"^\| `([^`]+)`", part, re.M)


def verbs(group, prefix="daypart"):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_setting_is_documented_with_its_default():
    lines = REFERENCE.splitlines()
    assert rows("Settings") == [f.name for f in fields(Settings)]
    for f in fields(Settings):
        line = next(x for x in lines if x.startswith(f"| `{f.name}` |"))
        assert not str(f.default) or f"`{f.default}`" in line


def test_every_event_is_documented():
    assert rows("Events") == list(EVENT_TYPES)


def test_every_verb_is_documented():
    import typer.main

    import daypart

    assert sorted(rows("Verbs")) == sorted(verbs(typer.main.get_command(daypart.app)))


def test_every_reason_to_send_nothing_is_documented():
    from offers.candidates import REASONS

    assert rows("Why nothing is sent") == list(REASONS)
    assert all(f"| `{code}` | {sentence} |" in REFERENCE for code, sentence in REASONS.items())


def test_every_reason_why_an_offer_is_no_answer_is_documented():
    from offers.answered_offers import LEFT_OUT

    assert rows("Why an offer that was sent is no answer") == list(LEFT_OUT)
    assert all(f"| `{code}` | {sentence} |" in REFERENCE for code, sentence in LEFT_OUT.items())


def test_every_refusal_is_documented_in_the_order_of_decision():
    from offers.ledger import REASONS

    assert rows("Refusals") == list(REASONS)
