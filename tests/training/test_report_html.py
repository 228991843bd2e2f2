"""The page's parts: escaping, numbers a person reads, tables."""

import pytest

from training.report_html import STYLE, Absent, Plot, facts, said, section, table, text
from training.report_svg import VARIABLES

PLOT = Plot("a-plot", "A <title>", "How & why", "<svg></svg>", ("name", "n"), (("<b>", 0.25), ("c", 1234)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"), (0.0, "0.0000"), (0.1771, "0.1771"), (0.00052, "0.00052"), (-0.25, "-0.2500"), (12.34, "12.3"),
        (99.96, "100.0"), (123.4, "123"), (2056, "2,056"), (1e6, "1,000,000"), (1234.5, "1,234"),
        (float("nan"), "–"), (float("inf"), "–"), ("as is", "as is"),
    ],
)  # fmt: skip
def test_numbers_as_a_person_reads_them(value, words):
    assert said(value) == words


def test_text_is_never_markup():
    assert text('<a href="x">\'&\x00') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;\N{REPLACEMENT CHARACTER}"


def test_a_section_holds_title_caption_drawing_and_numbers():
    html = section(PLOT)
    assert '<section id="a-plot">' in html
    assert "<h2>A &lt;title&gt;</h2>" in html
    assert "<figcaption>How &amp; why</figcaption><svg></svg>" in html
    assert "<details>" in html
    assert table(PLOT.columns, PLOT.rows) in html


def test_a_table_names_its_rows_and_columns():
    html = table(PLOT.columns, PLOT.rows)
    assert html.count('scope="col"') == 2
    assert '<th scope="row">&lt;b&gt;</th><td class="n">0.2500</td>' in html
    assert '<th scope="row">c</th><td class="n">1,234</td>' in html


def test_what_is_absent_says_why():
    assert "Not drawn: no &lt;data&gt;" in section(Absent("x", "Title", "no <data>"))
    assert "<svg" not in section(Absent("x", "Title", "no data"))


def test_facts_are_pairs():
    assert "<dt>seed</dt><dd>&lt;1&gt;</dd>" in facts({"seed": "<1>"})


def test_every_colour_has_its_variable_in_both_schemes():
    light, dark = STYLE.split("@media screen", 1)
    dark = dark.split("}}")[0]
    for variable in VARIABLES.values():
        assert f"--{variable}:#" in light
        assert f"--{variable}:#" in dark
