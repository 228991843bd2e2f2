"""The drawing hand: text stays text, colours become the page's, ids belong to one plot, limits hold what is drawn."""

import re
from xml.etree import ElementTree

import pytest

from training.report_svg import (
    DARK,
    INK,
    LONGEST,
    MODEL,
    VARIABLES,
    bars,
    finite,
    fit,
    panels,
    printable,
    style,
    to_svg,
)

SVG = "{http://www.w3.org/2000/svg}"


def drawn(names, values, said=None, name="plot", label="A plot", **more):
    with style():
        figure, (axis,) = panels([1.5])
        bars(axis, names, values, said or [str(v) for v in values], [MODEL] * len(names), **more)
        return to_svg(figure, name, label), axis.get_xlim()


def test_a_drawing_is_an_element_with_words_and_a_label():
    svg, _ = drawn(["first & <b>", "$x^2"], [0.5, 0.25], label='say "<this>"')
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert (root.get("role"), root.get("aria-label")) == ("img", 'say "<this>"')
    words = [each.text for each in root.iter(f"{SVG}text")]
    assert {"first & <b>", "$x^2", "0.5", "0.25"} <= set(words)
    assert root.get("width") is None, "the page decides how wide it is"


def test_colours_are_the_pages_own():
    svg, _ = drawn(["a"], [1.0], intervals=[(0.8, 1.2)])
    assert f"var(--{VARIABLES[MODEL]})" in svg
    assert f"var(--{VARIABLES[INK]})" in svg
    left = set(re.findall(r"#[0-9a-f]{6}", svg))
    assert left <= {"#000000"}, "a colour the dark scheme cannot turn"
    assert len(set(DARK.values())) == len(DARK) == len(VARIABLES)


def test_two_plots_share_no_id_and_the_same_plot_is_the_same_bytes():
    one, again, two = (drawn(["a"], [1.0], name=name)[0] for name in ("one", "one", "two"))
    assert one == again
    ids = [set(re.findall(r' id="([^"]*)"', svg)) for svg in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert set(re.findall(r'href="#([^"]*)"', one)) <= ids[0]


def test_limits_hold_bars_and_whiskers_on_both_sides_of_zero():
    _, (low, high) = drawn(["up", "down"], [0.5, -0.2], intervals=[(0.4, 0.9), None])
    assert low < -0.2
    assert high > 0.9
    assert drawn(["a", "b"], [0.5, 0.2])[1][0] == 0


@pytest.mark.parametrize("values", [[0.0, 0.0], [float("nan"), 1.0], [float("inf"), 1.0], [1e-12, 1e12]])
def test_odd_values_still_draw(values):
    svg, (low, high) = drawn(["a", "b"], values)
    ElementTree.fromstring(svg)
    assert low <= 0 < high
    assert "nan" not in re.sub(r"<text.*?</text>", "", svg)


def test_words_are_cut_to_what_fits_and_kept_printable():
    assert fit("x" * 100, LONGEST) == "x" * (LONGEST - 1) + "…"
    assert fit("short") == "short"
    assert printable("a\x00\n\ud800拿") == "a���拿"
    svg, _ = drawn(["n" * 200, "\x07"], [1.0, 2.0])
    assert "n" * LONGEST not in svg
    assert "\x07" not in svg
    assert finite([1.0, float("nan"), float("-inf")]) == [1.0]
