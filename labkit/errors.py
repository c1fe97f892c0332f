"""The errors that labkit raises on purpose."""


class LabError(Exception):
    """An error that the user can fix: one line that says what is wrong and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback: only the line (its custom-traceback protocol)."""
        return [f"LabError: {self}"]


class NoAnswer(LabError):
    """Kafka has ended or does not answer: the same request may succeed later, unlike one that it refuses."""
