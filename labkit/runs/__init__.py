"""Pipelines and producers that run in the background, and what observes them.

`labkit.runs.pipeline` needs Quix Streams, which takes seconds to import: see `labkit.runs.quix`.
"""
