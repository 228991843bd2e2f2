"""The world of the serving bench, made small."""

from bench.serving_world import replicated
from serving.online import RedisOnline
from settings import Settings
from tests import world
from tests.suites.online_world import online_world


def test_every_user_stands_online_again_and_again(tmp_path):
    settings = Settings(home=tmp_path / "home")
    with online_world(settings) as store:
        ids = replicated(settings, lambda *_: None, n_users=2 * len(world.USERS) + 1)
        online = RedisOnline(settings, store)
        assert len(set(ids)) == len(ids) == 2 * len(world.USERS) + 1
        first = sorted(world.USERS)[0]
        one, other = (read.history.product_ids for read in online.pasts([first, f"{first}.2"]))
        assert one == other != ()
        assert online.user(f"{first}.1").profile == online.user(first).profile
