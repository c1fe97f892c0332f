"""Pipelines of one's own under pytest: `docs/testing.md`."""
