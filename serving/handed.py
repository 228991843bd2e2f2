"""What `daypart serve` hands to the processes that BentoML starts for it: the settings, and that they were checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from settings import Settings, load_settings

# Two underscores: from our process to our process, never a setting.
SETTINGS = "DAYPART__SETTINGS"
CHECKED = "DAYPART__CHECKED"


def settings_from(env: Mapping[str, str]) -> Settings:
    """The settings that `run` handed down, else those of the environment and `daypart.toml`. Raises SettingsError."""
    handed = env.get(SETTINGS)
    return load_settings(env) if handed is None else msgspec.json.decode(handed, type=Settings, dec_hook=_path)


def _path(kind: type, value: Any) -> Any:
    return kind(value)
