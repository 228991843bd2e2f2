"""On which line of a TOML text a key stands: the parser doesn't tell, and whoever wrote the file wants to know."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<skip>[ \t\r]+|\#[^\n]*)"""
    r'''|(?P<text>"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')'''
    r"""|(?P<word>[A-Za-z0-9_-]+)|(?P<mark>.)""",
    re.DOTALL,
)


def line_of(text: str, key: str) -> int:
    """The line, from 1, of `key` ("depth.ladder_cents[2]") in a text that is TOML; of what it stands in when it isn't there
    itself, 1 when nothing of it is."""
    found = lines_of(text)
    while key and key not in found:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return found.get(key, 1)


def lines_of(text: str) -> dict[str, int]:
    """Every table, key and element of an array to its line. Keys in inline tables count as the table's."""
    scan = _Scan()
    for token in _TOKEN.finditer(text):
        if token.lastgroup != "skip":
            scan.take(token[0], token.lastgroup == "mark")
        scan.line += token[0].count("\n")
    return scan.found


class _Scan:
    """Where in a TOML text we are, token by token."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}
        self.line = 1
        self._table, self._key, self._names = "", "", list[str]()
        self._in = "key"
        self._depth, self._element, self._awaits, self._lists = 0, 0, False, False

    def take(self, token: str, is_mark: bool) -> None:
        """One token that isn't space or a comment."""
        if self._in == "value":
            self._value(token, is_mark)
        elif not is_mark:
            self._names.append(token.strip("\"'"))
        elif token == "\n":
            self._in, self._names = "key", []
        elif token == "[":
            self._in = "header"
        elif token == "]" and self._names:
            self._table, self._names = ".".join(self._names), []
            self.found.setdefault(self._table, self.line)
        elif token == "=":
            self._key = ".".join([self._table] * bool(self._table) + self._names)
            self.found.setdefault(self._key, self.line)
            self._in, self._names, self._depth, self._element, self._awaits = "value", [], 0, 0, False

    def _value(self, token: str, is_mark: bool) -> None:
        mark = token if is_mark else ""
        if mark == "\n":
            self._in = "value" if self._depth else "key"
            return
        if mark in ("]", "}"):
            self._depth, self._awaits = self._depth - 1, False
            return
        if self._awaits:
            self.found.setdefault(f"{self._key}[{self._element}]", self.line)
            self._awaits = False
        if mark == "," and self._depth == 1:
            self._element, self._awaits = self._element + 1, self._lists
        elif mark in ("[", "{"):
            self._depth += 1
            if self._depth == 1:
                self._lists = self._awaits = mark == "["
