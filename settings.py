"""Settings: one `daypart.toml`, overridden by `DAYPART_*` variables; unknown keys are refused. Standard library only."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

PREFIX = "DAYPART_"
_LIMITS = {"port": (0, 65535), "workers": (0, 256), "history_limit": (1, 100_000), "budget_cents": (0, 10**12)}
_LIMITS |= {"lease_s": (10, 86_400), "messages_per_day": (0, 1000), "message_gap_s": (0, 7 * 86_400)}
_LIMITS |= dict.fromkeys(("offline_cents", "features_fresh_s"), (0, 10**9))
_LIMITS |= dict.fromkeys(("assumed_cost_share", "exploration_share"), (0, 1))
_SCOPE_RATE = r"(app|pos|scheduler|analyst|admin)=\d{1,7}/\d{1,7}"
_FORMS = {"currency": ("[A-Z]{3}", "an ISO 4217 code as USD"), "locale": ("[a-z]{2,3}(_[A-Za-z]+)*", "as en")}
_FORMS["consent_default"] = ("opt-(out|in)", "opt-out or opt-in")
_FORMS |= {"log_format": ("text|json", "text or json"), "trace_url": (r"(https?://\S+)?", "an http(s):// address")}
_KEPT = r"(events|features|decisions|inbox|quarantine|reports)=\d{1,6}"
_FORMS["keep_days"] = (f"{_KEPT}( {_KEPT})*", "as events=1095 inbox=30")
_FORMS["rate_limits"] = (f"({_SCOPE_RATE}( {_SCOPE_RATE})*)?", "as app=2000/4000 pos=500/1000")


class SettingsError(Exception):
    """A setting is unknown or unusable. The message names it, where it stands and what to do."""


@dataclass(frozen=True)
class Settings:
    """Every knob of a Daypart installation. Field `x` is `x` in `daypart.toml` and `DAYPART_X` in the environment."""

    home: Path = Path(".daypart")
    """Holds all state: lake, features, shelf, ledger, embedded stores."""
    redis_url: str = ""
    """`redis://[user:password@]host:port/db` of the online store; empty starts an embedded Valkey."""
    database_url: str = ""
    """SQLAlchemy URL of the ledger; empty keeps a SQLite file in `home`."""
    registry_url: str = ""
    """SQLAlchemy URL of the Feast registry; empty keeps a file in `home`. Needed when several machines serve."""
    mlflow_url: str = ""
    """Where `daypart train` logs its runs: `http(s)://` of an MLflow server, or `sqlite:///file`; empty logs nowhere."""
    host: str = "127.0.0.1"
    """Address the service binds."""
    port: int = 3000
    """Port the service binds."""
    workers: int = 1
    """Service processes; 0 is one a core."""
    log_format: str = "text"
    """Lines that the workers write: `text`, or `json` for machines that collect them."""
    trace_url: str = ""
    """Where workers send traces, as `http://127.0.0.1:4318/v1/traces` (OTLP over HTTP); empty makes none."""
    campaigns: Path = Path("campaigns")
    """Folder of `*.toml` campaign files."""
    locale: str = "en"
    """Locale of texts when a request names none."""
    currency: str = "USD"
    """ISO 4217 code in which cents are counted."""
    assumed_cost_share: float = 0.75
    """Cost as a share of price for a product that states no cost: high on purpose, so discounts stay shallow."""
    budget_cents: int = 0
    """What all campaigns together may spend; 0 is no cap."""
    offline_cents: int = 0
    """What the tills of one store together may pay without network before they settle; 0: none pays."""
    offline_key: str = ""
    """File of the Ed25519 key (PEM) that signs for tills without network; empty keeps one in `home`."""
    offline_retired_keys: str = ""
    """File of the public keys (PEM) that signed before `offline_key` did and whose tokens are still good; empty: none."""
    identity_key: str = ""
    """File of the secret that identities are hashed with; empty keeps one in `home`."""
    consent_default: str = "opt-out"
    """What goes for a person who said nothing: `opt-out` (used until they say no) or `opt-in` (not used before they say yes)."""
    keep_days: str = "events=1095 features=400 decisions=730 inbox=30 quarantine=30 reports=400"
    """Days for which `daypart purge` leaves each table as it is; 0 is for ever."""
    lease_s: int = 300
    """Seconds for which an offer handed to a scheduler is nobody else's."""
    messages_per_day: int = 2
    """Most messages to a user in a local day, whatever the campaign or channel; 0 is no cap."""
    message_gap_s: int = 7200
    """Least seconds between two messages to a user."""
    rate_limits: str = "app=2000/4000 pos=500/1000 scheduler=1000/2000 analyst=20/40 admin=20/40"
    """Calls a second and at once, for each key of a scope; a scope left out, or a rate of 0, has no limit."""
    features_fresh_s: int = 129_600
    """Seconds for which what `daypart features` brought online counts as fresh: two nights less a morning; 0 is for ever."""
    history_limit: int = 512
    """Most products kept in one user's history."""
    exploration_share: float = 0.1
    """Share of a slate's places kept for eligible products that nobody had bought when the model was trained."""
    seed: int = 20171201
    """Seed of every random choice of an offline job."""

    @property
    def lake(self) -> Path:
        """The event lake and its reference tables."""
        return self.home / "lake"

    @property
    def features(self) -> Path:
        """Parquet sources of the Feast views."""
        return self.home / "features"

    @property
    def shelf(self) -> Path:
        """The artifacts' folder."""
        return self.home / "artifacts"

    @property
    def signing_key(self) -> Path:
        """The file of the signing key."""
        return Path(self.offline_key) if self.offline_key else self.home / "offline-key.pem"

    @property
    def identity_secret(self) -> Path:
        """The file of the identities' secret."""
        return Path(self.identity_key) if self.identity_key else self.home / "identity.key"

    @property
    def ledger_url(self) -> str:
        """SQLAlchemy URL of the ledger, embedded or not."""
        return self.database_url or f"sqlite:///{self.home / 'ledger.db'}"


def load_settings(env: Mapping[str, str] | None = None, file: Path | None = None) -> Settings:
    """Read settings from `file` (default `daypart.toml` in the working directory, if there) and `env`.

    Raises SettingsError on an unknown key, a value of the wrong kind, or a file that is not TOML.
    """
    env = os.environ if env is None else env
    explicit = file or (Path(name) if (name := env.get("DAYPART_CONFIG")) else None)
    path = explicit or Path("daypart.toml")
    settings = Settings()
    kinds: dict[str, type[Any]] = {f.name: type(getattr(settings, f.name)) for f in fields(Settings)}
    told = _from_file(path, must_exist=explicit is not None)
    given = {key: _read(kinds, key, value, where=str(path)) for key, value in told.items()}
    for name, value in sorted(env.items()):
        # Names with two underscores are ours, passed between our own processes.
        if name.startswith(PREFIX) and name != "DAYPART_CONFIG" and not name.startswith(f"{PREFIX}_"):
            key = name[len(PREFIX) :].lower()
            given[key] = _read(kinds, key, value, where=f"the environment ({name})")
    settings = replace(settings, **given)
    home = settings.home.expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise SettingsError(f"setting 'home': {home} is a file; name a folder, or one that can be made")
    return _checked(replace(settings, home=home))


def _from_file(path: Path, must_exist: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if not must_exist:
            return {}
        raise SettingsError(f"{path}: no such settings file; unset DAYPART_CONFIG or create it") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML ({error}); mend it or move it away") from None


def _read(kinds: Mapping[str, type[Any]], key: str, value: Any, where: str) -> Any:
    if (kind := kinds.get(key)) is None:
        raise SettingsError(f"unknown setting {key!r} in {where}; known settings: {', '.join(sorted(kinds))}")
    if not isinstance(value, (str, int) if kind is int else (str, int, float)) or isinstance(value, bool):
        raise SettingsError(f"setting {key!r} in {where}: expected {kind.__name__}, got {type(value).__name__}")
    try:
        return Path(str(value)) if issubclass(kind, Path) else kind(value)
    except (TypeError, ValueError):
        raise SettingsError(f"setting {key!r} in {where}: {value!r} is not a {kind.__name__}") from None


def _checked(settings: Settings) -> Settings:
    for key, (low, high) in _LIMITS.items():
        if not low <= (value := getattr(settings, key)) <= high:
            raise SettingsError(f"setting {key!r}: {value!r} is not between {low} and {high}")
    for key, (form, says) in _FORMS.items():  # of an address nothing is repeated: a password may be anywhere in it
        if not re.fullmatch(form, value := getattr(settings, key)):
            raise SettingsError(f"setting {key!r}: {'it' if key == 'trace_url' else repr(value)} is not {says}")
    return settings
