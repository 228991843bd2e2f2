"""A trial out of a file: rows of the two arms, text as columns, and one line for what is not there."""

import polars as pl
import pytest

from bench.trials import arms_of, hillstrom, table, trial
from tests.bench.trial_file import mailing
from training.errors import TrainingError

ROWS = pl.DataFrame({"arm": [1, 0, 2, 1], "bought": [12.5, 0.0, 1.0, None], "zone": ["a", "b", "a", None]})


def test_rows_of_the_arms_asked_nothing_first():
    one = trial(ROWS, "arm", "bought", ("0", "1"), ["zone"])
    assert one.arm.tolist() == [1, 0, 1]
    assert one.outcome.tolist() == [1, 0, 0]
    assert one.columns == ("zone=a", "zone=b")
    assert one.x.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert one.propensity[0].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert arms_of(ROWS, "arm") == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("given", "bought", ("0", "1")), "no column 'given'; there are: arm, bought, zone"),
        (("arm", "sold", ("0", "1")), "no column 'sold'"),
        (("arm", "bought", ("0", "9")), "nobody drew '9'; column 'arm' has: 0, 1, 2"),
    ],
)
def test_what_is_not_there(asked, reason):
    with pytest.raises(TrainingError, match=reason):
        trial(ROWS, *asked, ["zone"])


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_files_by_extension(tmp_path, name):
    path = tmp_path / name
    (ROWS.write_parquet if name.endswith("parquet") else ROWS.write_csv)(path)
    assert table(path).equals(ROWS)
    path.write_bytes(b"")
    with pytest.raises(TrainingError, match=f"{name}: cannot be read"):
        table(path)


def test_hillstroms_file(tmp_path):
    with pytest.raises(TrainingError, match=r"none of hillstrom\.csv"):
        hillstrom(tmp_path)
    mailing().write_csv(tmp_path / "hillstrom.csv")
    whole = hillstrom(tmp_path)
    assert whole.arms == ("No E-Mail", "Womens E-Mail")
    assert len(whole.outcome) == mailing().filter(pl.col("segment") != "Mens E-Mail").height
    assert "womens" in whole.columns
    assert "visit" not in whole.columns
