"""HTML as a browser reads it, and a name that tries to be more than a name."""

from html.parser import HTMLParser

HOSTILE = "</text><script>alert('1')</script>\" onclick='x' &amp; \x00\x1b[31m\ud800"


class Parsed(HTMLParser):
    """The tags of a piece of HTML with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed("".join(source))  # as a plain str
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data
