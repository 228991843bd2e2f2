import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from offers.codes import shown
from offers.qr import LENGTH_LIMIT, qr_png, qr_svg
from tests.offers.token_world import SIGNER, code, coupon

TEXTS = (shown(code(1)), code(2), SIGNER.coupon(coupon()), "Tue 8:00 & <b>", "x", "x" * LENGTH_LIMIT)
SVG = "{http://www.w3.org/2000/svg}"


def scanned(picture):
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return found


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def drawn(svg, scale=4):
    """The picture as a browser would paint it: a white square, then one line a run of dark modules."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(int, root.get("viewBox").split())
    ground, path = root
    assert (ground.get("fill"), ground.get("d")) == ("#fff", f"M0 0h{width}v{height}h-{width}z")
    assert path.get("stroke") == "#000"
    modules, x, y = np.full((height, width), 255, np.uint8), 0, 0.0
    for verb, numbers in re.findall(r"([Mmh])([^Mmh]+)", path.get("d")):
        steps = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if verb == "h":
            modules[int(y), int(x) : int(x + steps[0])] = 0
            x += steps[0]
        else:
            x, y = steps if verb == "M" else (x + steps[0], y + steps[1])
    return modules.repeat(scale, 0).repeat(scale, 1)


@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_a_scanner_reads_the_png(text):
    assert scanned(pixels(qr_png(text, 4))).text == text


@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_a_scanner_reads_the_svg(text):
    assert scanned(drawn(qr_svg(text))).text == text


def test_the_svg_stands_alone():
    root = ElementTree.fromstring(qr_svg(TEXTS[2]))
    assert [part.tag for part in root.iter()] == [f"{SVG}svg", f"{SVG}path", f"{SVG}path"]
    assert {name for part in root.iter() for name in part.attrib} == {"viewBox", "fill", "stroke", "d"}
    assert qr_svg(TEXTS[2]).count("http") == 1


@pytest.mark.parametrize("text", TEXTS, ids=len)
def test_four_light_modules_all_around(text):
    for picture, scale in ((drawn(qr_svg(text), 1), 1), (pixels(qr_png(text, 3)), 3)):
        edge = 4 * scale
        inside = picture[edge:-edge, edge:-edge]
        assert (picture == 255).sum() - (inside == 255).sum() == picture.size - inside.size
        assert inside[0, 0] == inside[0, -1] == inside[-1, 0] == 0


def test_error_correction_is_m():
    assert {scanned(pixels(qr_png(text, 2))).ec_level for text in TEXTS} == {"M"}


def test_a_coffee_stain_on_the_token_is_mended():
    picture = pixels(qr_png(TEXTS[2], 4)).copy()
    middle = len(picture) // 2
    picture[middle : middle + 40, middle : middle + 40] = 0
    assert scanned(picture).text == TEXTS[2]


def test_nothing_shines_through_the_png():
    picture = Image.open(io.BytesIO(qr_png("x", 2)))
    assert (picture.mode, picture.info.get("transparency")) == ("1", None)


def test_the_same_text_is_the_same_picture():
    assert qr_svg(TEXTS[0]) == qr_svg(TEXTS[0])
    assert qr_png(TEXTS[0], 8) == qr_png(TEXTS[0])


@pytest.mark.parametrize("draw", [qr_svg, qr_png])
@pytest.mark.parametrize(
    ("text", "says"),
    [("x" * (LENGTH_LIMIT + 1), "at most 2331 characters, not 2332"), ("x" * 2**20, "at most 2331"),
     ("", "at least one"), ("拿铁", "plain printable ASCII"), ("é", "plain printable ASCII"), ("a\nb", "printable")],
    ids=["over", "far over", "none", "chinese", "accent", "line end"],
)  # fmt: skip
def test_what_cant_be_drawn(draw, text, says):
    with pytest.raises(ValueError, match=says):
        draw(text)


@pytest.mark.parametrize("scale", [0, -1, 51, 10**9])
def test_a_picture_has_a_sensible_size(scale):
    with pytest.raises(ValueError, match="take 1 to 50"):
        qr_png("x", scale)
