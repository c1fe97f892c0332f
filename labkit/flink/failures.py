"""Why a Flink job ended, in one line instead of a Java trace."""

import re

# What Flink says, and what it means.
MEANINGS = {
    r"Failed to rollback to checkpoint/savepoint (\S+?)\.? ": r"The checkpoint \1 is of another job.",
    r"SQL parse failed\. (.+)": r"The SQL cannot be read: \1",
    r"SQL validation failed\. (.+)": r"The SQL is not right: \1",
}
CAUSE = re.compile(r"^(?:Caused by: )?[\w.$]*?(\w+(?:Exception|Error): .+)$", flags=re.MULTILINE)


def explain(log: str) -> str:
    """The one line of what a Flink job has logged that says best why it ended."""
    for pattern, meaning in MEANINGS.items():
        if found := re.search(pattern, log):
            return found.expand(meaning)
    said = CAUSE.findall(log) or log.strip().splitlines() or ["it said nothing"]
    return f"Flink ended: {said[-1]}"
