"""What is declared here stands in Feast's own messages, under the same numbers and of the same types."""

import pytest
from feast.protos.feast.core import Feature_pb2, FeatureService_pb2, FeatureViewProjection_pb2, Registry_pb2
from feast.protos.feast.types.Value_pb2 import Value

from serving.feast_messages import list_field, registry_class, service_class, value_class

SERVICE = service_class().DESCRIPTOR
SPEC = SERVICE.fields_by_name["spec"].message_type
VIEW = SPEC.fields_by_name["features"].message_type
FEATURE = VIEW.fields_by_name["feature_columns"].message_type
PAIRS = [
    (value_class().DESCRIPTOR, Value.DESCRIPTOR),
    (registry_class().DESCRIPTOR, Registry_pb2.Registry.DESCRIPTOR),
    (SERVICE, FeatureService_pb2.FeatureService.DESCRIPTOR),
    (SPEC, FeatureService_pb2.FeatureServiceSpec.DESCRIPTOR),
    (VIEW, FeatureViewProjection_pb2.FeatureViewProjection.DESCRIPTOR),
    (FEATURE, Feature_pb2.FeatureSpecV2.DESCRIPTOR),
]


@pytest.mark.parametrize(("ours", "feasts"), PAIRS, ids=[theirs.name for _, theirs in PAIRS])
def test_every_field_is_feasts(ours, feasts):
    assert len(ours.fields) > 0
    for field in ours.fields:
        theirs = feasts.fields_by_name[field.name]
        assert (field.number, field.type, field.is_repeated) == (theirs.number, theirs.type, theirs.is_repeated)


@pytest.mark.parametrize("kind", ["bytes", "string", "int32", "int64", "double", "float", "bool", "unix_timestamp"])
def test_a_list_holds_what_feasts_does(kind):
    ours, theirs = (each.DESCRIPTOR.fields_by_name[f"{kind}_list_val"] for each in (value_class(), Value))
    assert ours.number == theirs.number == list_field(kind)
    mine, other = (each.message_type.fields_by_name["val"] for each in (ours, theirs))
    assert (mine.number, mine.type, mine.is_repeated) == (other.number, other.type, other.is_repeated)


def test_what_is_not_declared_is_passed_over():
    registry = Registry_pb2.Registry(registry_schema_version="1", version_id="x")
    registry.feature_services.add().spec.name = "recommendations_v1"
    registry.feature_services[0].spec.owner = "daypart"
    (read,) = registry_class().FromString(registry.SerializeToString()).feature_services
    assert (read.spec.name, list(read.spec.features)) == ("recommendations_v1", [])
