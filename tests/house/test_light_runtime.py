"""What serves never needs what fits: heavy names are blocked, every online module imported, each golden artifact scored."""

from tests.house.rooms import LIGHT, ROOT, dotted, modules
from tests.house.wall import run_walled

SCORE = """
from pathlib import Path
from models.artifact import read_artifact
from models.history import History, add_visit
from models.ranker import Ranker
goldens = [manifest.parent for manifest in sorted(Path("tests/models/golden/ranker").rglob("manifest.json"))]
past = add_visit(History.empty(), ["p02", "p05"], 86400)
blends = set()
for golden in goldens:
    ranker = Ranker.from_artifact(read_artifact(golden))
    blends.add(type(ranker.blend).__name__)
    for history in (History.empty(), past):
        scores = ranker.score(history, store_id="s0", hour_of_week=8, at_s=2 * 86400)
        assert len(scores.score) == len(ranker.product_ids) > 0
        assert any(scores.reasons(row) for row in range(len(scores.score)))
assert blends == {"Linear", "Forms"}, blends
import numpy as np
from models.visits import Visits
from models.when import When
one = Visits(*(np.array(each) for each in ([0, 2], [17000, 17007], [8, 8], [0, 0], [2], [17000])))
for manifest in Path("tests/models/golden/when").rglob("manifest.json"):
    when = When.from_artifact(read_artifact(manifest.parent))
    assert 0 < when.visit_chance(one, 17008, 7)[0, 6] < 1
    hours = when.slot_density(when.habits(one, 17008, np.array([0])), np.array([17014]), np.ones((1, 24), bool))
    assert when.store_chance(one, 17008).likeliest(1)[0] == 0 and abs(hours.sum() - 1) < 1e-9
    blends.add("When")
assert "When" in blends
"""


def test_online_rooms_import_and_score_without_heavy_libraries():
    names = [dotted(p) for room in LIGHT for p in modules(room)]
    answer = run_walled(ROOT, names, SCORE)
    assert answer.stdout.strip().endswith("light"), answer.stderr[-2000:]


def test_the_wall_stands():
    answer = run_walled(ROOT, ["sklearn"])
    assert "sklearn is not for the served process" in answer.stderr


def test_no_pickle_in_online_sources():
    offenders = [
        str(p.relative_to(ROOT)) for room in LIGHT for p in modules(room) if "import pickle" in p.read_text("utf-8")
    ]
    assert offenders == []
