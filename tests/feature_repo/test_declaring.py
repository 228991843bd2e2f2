"""How things are declared: whoever declares a view can't forget its owner, its privacy or its end."""

from datetime import timedelta

from feast import Field
from feast.types import Int64, String

from feature_repo.declaring import OWNER, product, service, store, user, view


def test_a_view_says_all_of_itself(monkeypatch, tmp_path):
    monkeypatch.setenv("DAYPART__FEATURES", str(tmp_path))
    made = view("user_shoes", user, [Field(name="size", dtype=Int64)], "What fits.")
    assert (made.name, made.description, made.owner, made.ttl) == (
        "user_shoes",
        "What fits.",
        OWNER,
        timedelta(days=90),
    )
    assert made.tags == {"pii": "behaviour", "writer": "training", "cadence": "snapshot"}
    assert {field.name: field.dtype for field in made.schema} == {"user_id": String, "size": Int64}
    assert made.source.path == str(tmp_path / "user_shoes.parquet")
    assert (made.source.timestamp_field, made.source.owner) == ("event_timestamp", OWNER)
    told = view("s", store, [], "It.", pii="none", writer="serving", cadence="each purchase")
    assert told.tags == {"pii": "none", "writer": "serving", "cadence": "each purchase"}
    both = service("shoes_v1", [made], "What fits.", pii="none")
    assert (both.name, both.owner, both.tags) == ("shoes_v1", OWNER, {"pii": "none"})
    assert [projection.name for projection in both.feature_view_projections] == ["user_shoes"]


def test_the_folder_is_named_when_a_view_is_declared(monkeypatch):
    monkeypatch.delenv("DAYPART__FEATURES", raising=False)
    assert view("v", user, [], "It.").source.path == ".daypart/features/v.parquet"


def test_entities_are_known_by_one_key_each():
    assert [(one.name, one.join_key, one.owner) for one in (user, product, store)] == [
        ("user", "user_id", OWNER), ("product", "product_id", OWNER), ("store", "store_id", OWNER),
    ]  # fmt: skip
