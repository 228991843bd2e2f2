"""`python -m bench.empty_service mounted|default PORT`: what BentoML costs when there is nothing to do.

`mounted` is one empty route in an ASGI application, mounted and configured as ours is; `default` one empty `@bentoml.api` of a
service with nothing configured.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bentoml

from bench.empty_route import empty
from serving.service import CONFIGURED

ROOT = Path(__file__).resolve().parents[1]


@bentoml.service(name="mounted", **CONFIGURED)
class Mounted:
    """The empty route in our configuration."""


@bentoml.service(name="default")
class Default:
    """An empty call of a service as BentoML has it."""

    @bentoml.api
    def empty(self) -> dict[str, int]:
        """Nothing."""
        return {}


_mounted: Any = Mounted
_default: Any = Default
_mounted.mount_asgi_app(empty, path="/")


def main(which: str, port: int) -> None:
    """Serve one of the two with one worker until terminated."""
    from _bentoml_impl.server import serve_http  # type: ignore[import-untyped]

    name, service = {"mounted": ("Mounted", _mounted), "default": ("Default", _default)}[which]
    service.inject_config()
    serve_http(f"bench.empty_service:{name}", working_dir=str(ROOT), host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
