"""HTML in small parts. Text becomes text, whatever is in it: only Markup is taken for HTML."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape


def element(name: str, *content: str, **attributes: object) -> Markup:
    """Returns an element with its content; the attribute `font_size` becomes `font-size`, and `class_` `class`."""
    named = "".join(
        Markup(" {}='{}'").format(key.removesuffix("_").replace("_", "-"), number(value))
        for key, value in attributes.items()
    )
    return Markup("<{}{}>{}</{}>").format(name, Markup(named), join(content), name)


def join(parts: Iterable[str], separator: str = "") -> Markup:
    """Returns the parts as one; those that are no Markup are escaped, and so is the separator."""
    return escape(separator).join(parts)


def number(value: object) -> str:
    """Returns a value as text; a number has at most one decimal: a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], cell: str = "", style: str = "") -> Markup:
    """Returns a table with one row of headers, in which every cell has the style `cell`."""
    styled = {"style": cell} if cell else {}
    lines = [[element("th", each, **styled) for each in heads]]
    lines += [[element("td", each, **styled) for each in row] for row in rows]
    return element("table", *(element("tr", *line) for line in lines), **({"style": style} if style else {}))
