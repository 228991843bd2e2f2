import pytest

from bench.cafe.chain import UNTIL, history
from bench.cafe.people import build_truth

SEED = 7


@pytest.fixture(scope="session")
def truth():
    return build_truth(SEED, 400, UNTIL)


@pytest.fixture(scope="session")
def events(truth):
    return history(truth, 12)
