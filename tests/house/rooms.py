"""What the house tests know of the house: its rooms, its modules, its pages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("feature_repo", "embedded", "training", "models", "offers", "people", "serving", "river", "bench")
LIGHT = ("models", "offers", "people", "serving")
GROUND = ("settings.py", "console.py", "daypart.py")


def modules(room: str) -> list[Path]:
    """Source files of a room, migrations (generated history) left out."""
    return sorted(p for p in (ROOT / room).rglob("*.py") if "migrations" not in p.parts)


def every_module() -> list[Path]:
    """All source files of the product."""
    return [ROOT / name for name in GROUND] + [p for room in ROOMS for p in modules(room)]


def dotted(path: Path) -> str:
    """`offers/ledger.py` → `offers.ledger`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """Dotted names a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "import_module":
            names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return names


def allowed_long_pages() -> dict[str, int]:
    """Modules an ADR lets run over a page, by a line `page: path/to/module.py <= N lines`."""
    text = "\n".join(p.read_text("utf-8") for p in (ROOT / "docs" / "adr").glob("*.md"))
    return {m[1]: int(m[2]) for m in re.finditer(r"^page: `?([\w/]+\.py)`? <= (\d+) lines", text, re.M)}
