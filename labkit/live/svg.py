"""SVG in small parts. Text becomes text, and what XML does not allow becomes a replacement character."""

import base64
import re

from markupsafe import Markup

from labkit.live import html, theme

FONT_SIZE = 14  # pixels before scaling, unless a drawing sets another

Box = tuple[int, int, int, int]  # left, top, width and height, in pixels before scaling


def element(name: str, *content: str, **attributes: object) -> Markup:
    valid = {key: _valid(value) for key, value in attributes.items()}
    return html.element(name, *map(_valid, content), **valid)


def text(x: float, y: float, words: str, **attributes: object) -> Markup:
    return element("text", words, x=x, y=y, **attributes)


def rect(x: float, y: float, width: float, height: float, **attributes: object) -> Markup:
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def path(*steps: str | float, **attributes: object) -> Markup:
    """Returns a path; the steps are its commands and their numbers, in order."""
    return element("path", d=" ".join(map(html.number, steps)), **attributes)


def document(
    words: str, box: Box, *content: Markup, scale: float = 1.0, least: float = 0.0, font_size: int = FONT_SIZE
) -> Markup:
    """Returns a whole drawing; `words` are its label for screen readers. It shrinks to its place, but not below `least`
    times its size.
    """
    _, _, width, height = box
    size = {"width": round(width * scale), "height": round(height * scale)}
    style = "max-width:100%;height:auto"
    if least:
        style += f";min-width:{round(width * least)}px;min-height:{round(height * least)}px"
    frame = {"viewBox": " ".join(map(str, box)), **size, "style": style, "class_": "lab-drawing"}
    font = {"font_family": theme.FONT, "font_size": font_size, "fill": "#000"}
    return element("svg", *content, xmlns="http://www.w3.org/2000/svg", role="img", aria_label=words, **frame, **font)


def image(drawing: str, words: str) -> Markup:
    """Returns a drawing as an <img>: the only kind of SVG that a notebook shows before it is trusted."""
    data = base64.b64encode(drawing.encode()).decode()
    tag = "<img alt='{}' style='max-width:100%' src='data:image/svg+xml;base64,{}'>"
    return Markup(tag).format(words, data)


def _valid(value: object) -> str:
    """Returns a value as text without control characters and lone surrogates: XML allows none."""
    if isinstance(value, Markup):
        return value
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", html.number(value))
