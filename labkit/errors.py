"""The one kind of error that labkit raises on purpose."""


class LabError(Exception):
    """Something the user can mend: one line that says what is wrong and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: the line alone (its custom-traceback protocol)."""
        return [f"LabError: {self}"]
