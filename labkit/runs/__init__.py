"""Pipelines and producers at work in the background, their topics, and taps to watch them.

`labkit.runs.run` needs Quix Streams, which takes seconds to import: see `labkit.runs.quix`.
"""
