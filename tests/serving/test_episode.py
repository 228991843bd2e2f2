import logging

from serving.episode import QUIET_S, Episode, Signs
from tests.serving.fakes import Clock


def test_an_episode_is_a_line_at_each_end(caplog):
    caplog.set_level(logging.WARNING)
    episode = Episode("a part is away", "it is back")
    for _ in range(2):
        for _ in range(3):
            episode.begin("a cause")
        for _ in range(3):
            episode.end()
    assert caplog.messages == ["a part is away: a cause", "it is back"] * 2


def test_signs_that_go_on_are_one_line_and_after_a_silence_another(caplog):
    clock = Clock()
    signs = Signs("some rows are damaged", clock)
    for at_s, cause in ((0, "a"), (QUIET_S - 1, "b"), (2 * QUIET_S - 2, "c"), (3 * QUIET_S - 2, "d")):
        clock.now_s = at_s
        signs.seen(cause)
    assert caplog.messages == ["some rows are damaged: a", "some rows are damaged: d"]
