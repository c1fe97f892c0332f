"""Runs one notebook, alone in a sandbox: a broker, the hidden readings, papermill, and then the records that came out.

    python -I -m labkit.grading.runner < JOB > MESSAGES

Of labkit.grading only this package is there in the sandbox.
"""
