from contextvars import copy_context

from serving.metrics import Metrics
from serving.stages import LAST, STAGES


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
        stages.observe(0.1, 0.2, 0.3)
        return LAST.get()

    assert copy_context().run(after, False) == ()
    assert copy_context().run(after, True) == (0.1, 0.2, 0.3, 0.0)
