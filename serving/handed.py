"""What `daypart serve` hands to the processes that BentoML starts for it: the settings, and that they were checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from settings import Settings, load_settings

# Two underscores: from our process to our process, never a setting.
SETTINGS = "DAYPART__SETTINGS"
CHECKED = "DAYPART__CHECKED"


def written(settings: Settings) -> str:
    """As `settings_from` reads them under SETTINGS."""
    return msgspec.json.encode(settings, enc_hook=str).decode()


def settings_from(env: Mapping[str, str]) -> Settings:
    """The settings that `run` handed down, `workers` as there are, else those of the environment and `daypart.toml`, `workers` 0,
    as `bentoml serve` is told elsewhere how many. Raises SettingsError."""
    if (handed := env.get(SETTINGS)) is None:
        return replace(load_settings(env), workers=0)
    return msgspec.json.decode(handed, type=Settings, dec_hook=_path)


def _path(kind: type, value: Any) -> Any:
    return kind(value)
