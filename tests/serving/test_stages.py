from contextvars import copy_context

import pytest

from serving import answering, ranked
from serving.answering import Wish, answer_together
from serving.metrics import Metrics
from serving.stages import LAST, STAGES
from serving.wire import RecommendationAsk
from tests.serving.fakes import NOW

TOOK = {"features": 1.0, "score": 2.0, "encode": 4.0, "wallet": 8.0}


@pytest.fixture
def timed(monkeypatch):
    """Clocks of one answer: to each stage its seconds of TOOK."""
    monkeypatch.setattr(answering, "perf_counter", iter((0.0, 1.0, 3.0, 7.0)).__next__)
    monkeypatch.setattr(ranked, "perf_counter", iter((0.0, 8.0)).__next__)


def test_each_stage_is_told_its_own_time(world, timed):
    """From the clocks to the page: no two may change places on the way."""
    world.rank()
    world.parts.metrics.flush()
    sample = world.parts.metrics.registry.get_sample_value
    assert {stage: sample("daypart_stage_seconds_sum", {"stage": stage}) for stage in STAGES} == TOOK


def test_who_are_answered_together_have_their_share_of_each(world, timed):
    wishes = [Wish(world.parts, RecommendationAsk(user_id="u00"), NOW, NOW, ["en"])] * 2
    assert [(one.features_s, one.score_s, one.encode_s) for one in answer_together(wishes)] == [(0.5, 1.0, 2.0)] * 2


def test_every_answer_tells_each_stage_once(world):
    world.rank()
    world.rank(user_id="nobody")
    world.parts.metrics.flush()
    sample = world.parts.metrics.registry.get_sample_value
    assert [sample("daypart_stage_seconds_count", {"stage": stage}) for stage in STAGES] == [2.0] * 4
    assert all(sample("daypart_stage_seconds_sum", {"stage": stage}) > 0 for stage in ("features", "score", "encode"))
    assert sample("daypart_fallbacks_total", {"fallback": "cold_start"}) == 1
    assert sample("daypart_feature_age_seconds_count") == 1


def test_the_last_answers_stages_are_kept_while_somebody_traces():
    stages = Metrics().stages

    def after(keep):
        stages.keep = keep
        stages.observe(*TOOK.values())
        return dict(zip(STAGES, LAST.get(), strict=False))

    assert copy_context().run(after, False) == {}
    assert copy_context().run(after, True) == TOOK
