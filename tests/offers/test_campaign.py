from pathlib import Path

import msgspec
import pytest

from offers.campaign import Budget, Campaign, Depth
from offers.campaign_file import CampaignError, load_campaign

SHIPPED = Path(__file__).resolve().parents[2] / "campaigns"
PLAIN = """
id = "c"
[budget]
granted_cents = 1000
[depth]
ladder_cents = [10, 20]
"""


@pytest.fixture
def write(tmp_path):
    def put(text: str) -> Path:
        (tmp_path / "c.toml").write_text(text, "utf-8")
        return tmp_path

    return put


def test_the_least_a_campaign_says(write):
    read = load_campaign(write(PLAIN), "c")
    assert read == Campaign(
        id="c", budget=Budget(granted_cents=1000), depth=Depth(ladder_cents=(10, 20)), version=read.version
    )


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_campaigns_are_whole(file):
    campaign = load_campaign(SHIPPED, file.stem)
    assert campaign.budget.granted_cents > 0
    assert not campaign.stopped


def test_the_default_is_for_groceries():
    usual = load_campaign(SHIPPED)
    # A dollar item at the assumed cost of 75% can lose 21 cents; a ten dollar one 2.12.
    assert min(usual.depth.ladder_cents) <= 21
    assert max(usual.depth.ladder_cents) <= 212
    assert usual.prior.response_slope is not None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("x = 1", "x: no such key"),
        ("[limits]\nper_day = 1", "limits.per_day: no such key"),
        ("[limits]\nper_user_day = 0", "limits.per_user_day: Expected `int` >= 1"),
        ("[limits]\nper_user_day = 1.5", "limits.per_user_day: Expected `int`, got `float`"),
        ("[plan]\nholdout_share = 1.0", "plan.holdout_share: Expected `float` < 1"),
        ("[send]\nat = '18:60'", "send.at: '18:60' is not a time of day; write HH:MM"),
        ("[send]\nquiet_from = '24:00'", "send.quiet_from: write 00:00 for midnight"),
        ("[slot]\nhours = 25", "slot.hours: Expected `int` <= 24"),
        ("[prior]\nresponse_slope = -1", "prior.response_slope"),
    ],
)
def test_a_wrong_key_is_named(write, change, told):
    with pytest.raises(CampaignError) as caught:
        load_campaign(write(PLAIN + change if change[0] == "[" else change + PLAIN), "c")
    # The key's line; the change stands before the plain file's first, empty line, or behind its last.
    line = 8 if change[0] == "[" else 1
    assert f"c.toml:{line}: " in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('id = "c"', 'id = "d"', "id: 'd' is not the file's name"),
        ('id = "c"', "", "1: id: must be there; add it"),
        ("[10, 20]", "[20, 10]", "depth.ladder_cents: must rise"),
        ("[10, 20]", "[10, 10]", "depth.ladder_cents: must rise"),
        ("[10, 20]", "[]", "depth.ladder_cents: Expected `array` of length >= 1"),
        ("[10, 20]", "[0, 20]", "6: depth.ladder_cents[0]: Expected `int` >= 1"),
        ("[10, 20]", "[\n10, # ten\n0]", "8: depth.ladder_cents[1]: Expected `int` >= 1"),
        ("= 1000", "= 9", "4: budget.granted_cents: doesn't pay one coupon of 10 cents"),
        ("= 1000", "= -1", "budget.granted_cents: Expected `int` >= 0"),
        ("= 1000", '= "1000"', "budget.granted_cents: Expected `int`, got `str`"),
        ("= 1000", "= ", "can't be read as TOML"),
    ],
)
def test_a_wrong_value_is_named(write, old, new, told):
    with pytest.raises(CampaignError, match=r"c\.toml:") as caught:
        load_campaign(write(PLAIN.replace(old, new)), "c")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        ("x = \n", 7, "Invalid value, column 5"),
        ("[depth]", 7, "Cannot declare ('depth',) twice, column 7"),
        ("ladder_cents = [30]\n", 7, "Cannot overwrite a value, column 20"),
        ("\n\nx y = 1\nz = 2", 9, "Expected '=' after a key in a key/value pair, column 3"),
        ("x = [1,\n2", 8, "Unclosed array, at end of document"),
        ('x = """a\nb\n', 8, "at end of document"),
        ("x = '\x01'", 7, "column 6"),
    ],
)
def test_a_file_that_isnt_toml_is_told_in_the_same_form(write, change, line, reason):
    with pytest.raises(CampaignError) as caught:
        load_campaign(write(PLAIN + change), "c")
    told = str(caught.value)
    assert f"c.toml:{line}: can't be read as TOML (" in told
    assert told.endswith(f"{reason}); mend that line")
    assert "(at" not in told


NUMBERS = [
    ("prior", "visit_visits"), ("prior", "visit_days"), ("prior", "contact_cents"), ("prior", "response_slope"),
    ("prior", "second_unit_share"), ("plan", "explore_share"), ("plan", "holdout_share"), ("stop", "min_return_on_spend"),
    ("limits", "max_till_skew_s"), ("budget", "reserve_share"), ("depth", "min_margin_share"),
]  # fmt: skip


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
@pytest.mark.parametrize(("table", "key"), NUMBERS, ids=lambda name: name)
def test_no_number_is_infinite_or_none(write, table, key, number):
    head, line = f"[{table}]\n", f"{key} = {number}\n"
    text = PLAIN.replace(head, head + line) if head in PLAIN else PLAIN + head + line
    with pytest.raises(CampaignError) as caught:
        load_campaign(write(text), "c")
    at = text[: text.index(line)].count("\n") + 1
    assert str(caught.value).endswith(f"c.toml:{at}: {table}.{key}: {number} is no finite number; write one")


def test_an_infinite_step_is_named_by_its_place(write):
    with pytest.raises(CampaignError, match=r"c\.toml:6: depth\.ladder_cents\[1\]: inf is no finite number"):
        load_campaign(write(PLAIN.replace("20]", "inf]")), "c")


@pytest.mark.parametrize("key", ["visit_visits", "visit_days"])
@pytest.mark.parametrize(("number", "passes"), [("1e6", True), ("1.1e6", False), ("1e308", False)])
def test_beliefs_about_visits_have_an_upper_end(write, key, number, passes):
    folder = write(f"{PLAIN}[prior]\n{key} = {number}\n")
    if passes:
        assert getattr(load_campaign(folder, "c").prior, key) == 1e6
    else:
        with pytest.raises(CampaignError, match=f"prior.{key}: Expected `float` <= 1000000"):
            load_campaign(folder, "c")


def test_no_money_and_just_enough_are_allowed(write):
    assert load_campaign(write(PLAIN.replace("1000", "0")), "c").budget.granted_cents == 0
    assert load_campaign(write(PLAIN.replace("1000", "10")), "c").budget.granted_cents == 10


@pytest.mark.parametrize("name", ["d", "../c", "", "C", "c.toml"])
def test_a_missing_campaign_lists_what_there_is(write, name):
    with pytest.raises(CampaignError, match=r"no such campaign; campaigns in .*: c$"):
        load_campaign(write(PLAIN), name)


def test_a_file_that_isnt_text(tmp_path):
    (tmp_path / "c.toml").write_bytes(b'id = "c"\n\xff\xfe')
    with pytest.raises(CampaignError, match=r"c\.toml:2: can't be read as TOML \(not UTF-8, invalid start byte\)"):
        load_campaign(tmp_path, "c")


@pytest.mark.parametrize(("granted", "share", "reserve"), [(1000, 0.15, 150), (50_000, 0.15, 7500), (10, 0.15, 2), (7, 0.0, 0),
                                                           (7, 1.0, 7), (100, 0.07, 7)])  # fmt: skip
def test_the_reserve_is_rounded_up_exactly(granted, share, reserve):
    assert Budget(granted_cents=granted, reserve_share=share).reserve_cents == reserve


def test_a_campaign_is_immutable():
    with pytest.raises(AttributeError):
        load_campaign(SHIPPED).id = "other"
    assert isinstance(load_campaign(SHIPPED), msgspec.Struct)


KINDS = {
    "percent_off": "ladder_percent = [10, 20]",
    "second_at_price": "second_price_cents = [100]",
    "points": "ladder_points = [50]\ncents_per_point = 0.5",
}


@pytest.mark.parametrize(("kind", "keys"), KINDS.items())
def test_every_kind_has_its_own_ladder(write, kind, keys):
    text = f'kind = "{kind}"' + PLAIN.replace("ladder_cents = [10, 20]", keys)
    assert load_campaign(write(text), "c").kind == kind
    for wrong, told in (
        (text.replace(keys, ""), f"depth: kind '{kind}' needs depth."),
        (text + "ladder_cents = [10]\n", "depth.ladder_cents: kind"),
    ):
        with pytest.raises(CampaignError) as caught:
            load_campaign(write(wrong), "c")
        assert told in str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("starts = 2026-02-01\nends = 2026-01-31", "2: ends: 2026-01-31 is before starts, 2026-02-01"),
        ('version = "1"', "1: version: is made from what the file says"),
        ("[slot]\ndayparts = ['noon', 'brunch']", "8: slot.dayparts[1]: 'brunch' is no daypart; write morning"),
        ("[slot]\ndayparts = ['24-26']", "is no daypart"),
        ("[stores]\ninclude = ['a']\nexclude = ['a']", "9: stores.exclude: 'a' is included too"),
        ("[products]\ninclude = ['a', 'a']", "8: products.include[1]: 'a' is named twice"),
        ("[products]\ninclude = ['']", "8: products.include[0]: '' is no name"),
        ("[stop]\nmin_return_on_spend = -1", "8: stop.min_return_on_spend: Expected"),
        ("[limits]\nper_user_day = 1\n[budget2]\nx=1", "budget2: no such key"),
    ],
)
def test_what_cant_be_meant_is_refused_with_its_line(write, change, told):
    with pytest.raises(CampaignError) as caught:
        load_campaign(write(PLAIN + change if change[0] == "[" else change + PLAIN), "c")
    assert told in str(caught.value)


def test_a_budget_of_a_scope_pays_one_coupon_at_least(write):
    text = PLAIN.replace("= 1000", "= 1000\nper_user_cents = 9")
    with pytest.raises(CampaignError, match=r"c.toml:5: budget.per_user_cents: doesn't pay one coupon of 10 cents"):
        load_campaign(write(text), "c")
    assert load_campaign(write(text.replace("= 9", "= 10")), "c").budget.per_user_cents == 10


def test_the_version_is_of_what_the_file_says(write):
    def version(text):
        return load_campaign(write(text), "c").version

    plain = version(PLAIN)
    assert len(plain) == 12
    assert version("# a word\n" + PLAIN) == plain
    assert version(PLAIN.replace("[10, 20]", "[10, 21]")) != plain
    assert version("stopped = true" + PLAIN) != plain
