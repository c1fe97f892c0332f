"""What a view says if it is asked for something that a figure has, as those of plotly and matplotlib."""

from typing import Any

SHOWN = "it is shown by its name in the last line of a cell, or by display(view)"
SAVED = "view.figure.write_html('view.html') saves its figure"
INSTEAD = {"show": SHOWN, "display": SHOWN, "plot": SHOWN, "savefig": SAVED, "save": SAVED, "to_image": SAVED}


class Attributes:
    """A view that says in one line what it has not, and where that is."""

    def __getattr__(self, name: str) -> Any:
        instead = INSTEAD.get(name, "")
        if not instead and hasattr(self.__dict__.get("figure"), name):
            instead = f"its figure has it, view.figure.{name}"
        words = f"{type(self).__name__!r} object has no attribute {name!r}{instead and ': '}{instead}"
        raise AttributeError(words, name=name, obj=self)
