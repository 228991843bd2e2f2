"""Path and method → call. A path that no call has is a 404, a method that a path lacks a 405 that names those it has."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.routing import compile_path

from serving.asked import Call
from serving.problems import Problem, not_found

# Answered by BentoML, or by the front without a key.
BESIDE = ("/livez", "/readyz", "/healthz", "/metrics", "/v1/openapi.json")


class Routes:
    """The HTTP table, ready to be asked. Paths without parameters cost one dictionary look-up."""

    def __init__(self, calls: Sequence[Call]) -> None:
        by_path: dict[str, dict[str, Call]] = {path: {} for path in BESIDE}
        for call in calls:
            by_path.setdefault(call.path, {})[call.method] = call
        self._fixed = {path: methods for path, methods in by_path.items() if "{" not in path}
        # An id may hold any character here, a newline too: that it is refused, and why, is the door's to say.
        self._patterns = [
            (re.compile(compile_path(path)[0].pattern, re.DOTALL), methods)
            for path, methods in by_path.items()
            if "{" in path
        ]

    def find(self, method: str, path: str) -> tuple[Call, dict[str, str]]:
        """(the call, its path parameters). Raises Problem 404 or 405."""
        methods, parameters = self._methods(path)
        call = methods.get("GET" if method == "HEAD" else method)
        if call is None:
            allowed = sorted(methods) or ["GET"]
            detail = f"this path takes {', '.join(allowed)}"
            raise Problem(405, "method_not_allowed", detail, headers={"Allow": ", ".join(allowed)})
        return call, parameters

    def _methods(self, path: str) -> tuple[dict[str, Call], dict[str, str]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        for pattern, methods in self._patterns:
            if match := pattern.fullmatch(path):
                return methods, match.groupdict()
        raise not_found("unknown_path", "no call has this path; /v1/openapi.json lists them")
