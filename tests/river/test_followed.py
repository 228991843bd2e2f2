from datetime import timedelta

import pytest

from embedded import lease_online_store
from offers.journal import Journal
from river.followed import catch_up, keeper_of
from serving.history_kind import history_rows
from serving.inbox import take
from serving.tables import prepare
from settings import Settings
from tests.suites.online_world import online_world
from tests.training.test_held import AT, line

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("followed"))
    with online_world(settings):
        yield settings


def put(settings, *records):
    journal = Journal(settings.ledger_url)
    prepare(journal.engine)
    take(journal.engine, records, AT)
    journal.close()


def online(settings, name):
    found = []
    with lease_online_store(settings) as store:
        history_rows(settings, store).change([name], lambda _, stood: found.append(stood) or stood)
    return found[0].product_ids


def test_what_came_while_features_were_reckoned_is_online_after_them_though_a_push_would_have_been_enough(settings):
    assert catch_up(settings, AT) == 0
    put(settings, line("e1", user="zoe", product="tea"))
    assert catch_up(settings, AT + SECOND) == 0
    assert online(settings, "zoe") == ()
    assert catch_up(settings, AT) == 1
    assert online(settings, "zoe") == ("tea",)


def test_the_follower_writes_what_the_service_reads(settings):
    put(settings, line("e2", user="uma", product="latte", day=-3))
    with keeper_of(settings) as keeper:
        keeper.look()
    assert online(settings, "uma") == ("latte",)
