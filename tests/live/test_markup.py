"""HTML and SVG in small parts: whatever a name is, it is text."""

import base64
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from labkit.live import html, svg
from tests.live.parsed import HOSTILE, Parsed


@given(st.text(), st.text())
def test_any_text_stays_text_in_content_and_in_attributes(content: str, value: str) -> None:
    parsed = Parsed(html.element("b", content, title=value))
    assert (parsed.tags, parsed.text) == ([("b", {"title": value})], content)


@given(st.text(st.characters(exclude_categories=[]), min_size=1))
def test_any_text_makes_a_drawing_that_is_well_formed(text: str) -> None:
    drawn = ElementTree.fromstring(svg.document(text, (0, 0, 10, 10), svg.text(1, 2, text)))
    assert len("".join(drawn.itertext())) == len(text.replace("\r\n", "\n"))
    assert [each.tag.partition("}")[2] for each in drawn.iter()] == ["svg", "text"]


def test_what_xml_does_not_allow_is_replaced() -> None:
    drawn = ElementTree.fromstring(svg.document(HOSTILE, (0, 0, 10, 10), svg.text(1, 2, HOSTILE)))
    assert "".join(drawn.itertext()) == re.sub("[\x00\x1b\ud800]", "\ufffd", HOSTILE)


def test_markup_is_content() -> None:
    assert html.element("p", html.element("b", "1 < 2"), " & ", Markup("<br>")) == "<p><b>1 &lt; 2</b> &amp; <br></p>"
    assert html.join(["a & b", Markup("<i>c</i>")], Markup("<br>")) == "a &amp; b<br><i>c</i>"


def test_names_of_attributes_and_numbers_are_written_as_html_has_them() -> None:
    assert html.element("b", class_="x", aria_label="y", font_size=13) == (
        "<b class='x' aria-label='y' font-size='13'></b>"
    )
    assert svg.path("M", 1.04, 2.06, "H", 3) == "<path d='M 1 2.1 H 3'></path>"


def test_a_table_has_one_row_of_headers() -> None:
    assert html.table(["a", "<b>"], [["1", "2"]]) == (
        "<table><tr><th>a</th><th>&lt;b&gt;</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )
    parsed = Parsed(html.table(["a"], [["1"]], cell="padding:0", style="margin:0"))
    assert [attributes.get("style") for _, attributes in parsed.tags] == [
        "margin:0",
        None,
        "padding:0",
        None,
        "padding:0",
    ]


@pytest.mark.parametrize("drawing", ["<svg/>", svg.document("a", (0, 0, 1, 1))])
def test_an_image_is_inline_with_its_words_as_text(drawing: str) -> None:
    tag = svg.image(drawing, "a \"b\" & 'c' <i>")
    found = re.fullmatch(r"<img alt='([^']*)' style='[^']*' src='data:image/svg\+xml;base64,([^']*)'>", tag)
    assert found
    assert found[1] == "a &#34;b&#34; &amp; &#39;c&#39; &lt;i&gt;"
    assert base64.b64decode(found[2]).decode() == drawing
