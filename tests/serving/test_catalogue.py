import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.vocabulary import Vocabulary
from serving.catalogue import CatalogueError, languages, read_catalogue, read_zones

PRODUCTS = Vocabulary(["latte", "mocha", "tea"])


def written(folder, **columns):
    pq.write_table(pa.table(columns), folder / "products.parquet")
    return read_catalogue(folder, PRODUCTS)


def test_rows_follow_the_vocabulary_not_the_file(tmp_path):
    found = written(
        tmp_path,
        name_zh=["茶", "拿铁", "新"],
        product_id=["tea", "latte", "new"],
        name=["Tea", None, "New"],
        category=["hot", "milk", "x"],
        price_cents=[250, None, 1],
    )
    assert found.names_for(["en"]) == ["latte", "mocha", "Tea"]
    assert found.names_for(["zh"]) == ["拿铁", "mocha", "茶"]
    assert found.price_cents[2] == 250
    assert found.priced.tolist() == [False, False, True]
    assert [found.categories.get("milk"), -1, found.categories.get("hot")] == found.category.tolist()


def test_a_language_is_found_by_its_nearest_form(tmp_path):
    found = written(tmp_path, product_id=["tea"], name=["Tea"], name_zh=["茶"], name_pt_BR=["Chá"])
    plain, chinese = ["latte", "mocha", "Tea"], ["latte", "mocha", "茶"]
    assert found.names_for(["zh-Hans-CN"]) == found.names_for(["ZH_TW"]) == chinese
    assert found.names_for(["pt-br"])[2] == "Chá"
    assert found.names_for(["pt"]) == found.names_for(["fr", "de"]) == found.names_for([]) == plain
    assert found.names_for(["fr", "zh"]) == chinese


def test_without_a_file_products_are_their_ids(tmp_path):
    found = read_catalogue(tmp_path, PRODUCTS)
    assert found.names_for(["en"]) == PRODUCTS.ids
    assert not found.priced.any()
    assert read_zones(tmp_path) == {}


def test_a_damaged_file_is_one_line_with_advice(tmp_path):
    (tmp_path / "products.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(CatalogueError, match=r"products.parquet: cannot be read .*; ingest it again"):
        read_catalogue(tmp_path, PRODUCTS)
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "products.parquet")
    with pytest.raises(CatalogueError, match="has no column product_id"):
        read_catalogue(tmp_path, PRODUCTS)


def test_zones_are_checked_when_read(tmp_path):
    def zones(*names):
        ids = [f"s{i}" for i in range(len(names))]
        pq.write_table(pa.table({"store_id": ids, "timezone": list(names)}), tmp_path / "stores.parquet")
        return read_zones(tmp_path)

    assert zones("Asia/Shanghai", "UTC")["s0"].key == "Asia/Shanghai"
    for bad in ("Mars/Olympus", "../etc/passwd", None, ""):
        with pytest.raises(CatalogueError, match="store 's1' has no zone"):
            zones("UTC", bad)


@pytest.mark.parametrize(
    ("locale", "header", "wanted"),
    [
        (None, "", ["en"]),
        ("zh", "fr", ["zh", "en"]),
        (None, "fr;q=0.5, zh-CN, *;q=0.1, de;q=0", ["zh-CN", "fr", "en"]),
        (None, "fr;q=x, zh;q=0.2;", ["en"]),
        (None, ",".join(["aa"] * 5000), ["aa"] * 10 + ["en"]),
    ],
)
def test_languages_come_best_first(locale, header, wanted):
    assert languages(locale, header, "en") == wanted


def test_prices_are_whole_cents(tmp_path):
    found = written(tmp_path, product_id=["tea"], price_cents=[0])
    assert found.priced.tolist() == [False, False, True]
    assert found.price_cents.dtype == np.int64
