"""Why a Flink job ended, in one line instead of a Java trace."""

import re

# What Flink says, and what it means.
MEANINGS = {
    r"Failed to rollback to checkpoint/savepoint (\S+?)\.? ": r"The checkpoint \1 is from another job.",
    r"SQL parse failed\. (.+)": r"The SQL cannot be parsed: \1",
    r"SQL validation failed\. (.+)": r"The SQL is not valid: \1",
    r"Column types of query result and sink for '[\w.]*?(\w+)' do not match\.\s+Cause: (.+)": (
        r"The columns of the query do not match the table \1: \2"
    ),
    r"Table sink '[\w.]*?(\w+)' doesn't support consuming update": (
        r"The query keeps correcting its results, but \1 takes final ones only: group by window_start and window_end."
    ),
    r"No operators defined in streaming topology": "There is no INSERT INTO in the SQL.",
}
CAUSE = re.compile(r"^(?:Caused by: )?[\w.$]*?(\w+(?:Exception|Error): .+)$", flags=re.MULTILINE)


# Where Flink's parser has found a mistake; and where the statement begins that failed, which the job says.
PLACES = {
    re.compile(r"\b(?:at|from) line (\d+)", re.IGNORECASE): "line",
    re.compile(r"^The statement begins in line (\d+)", re.MULTILINE): "the statement that begins in line",
}


def explain(code: int, log: str, sql: str) -> str:
    """One line that says why a Flink job ended, by its exit code and what it logged, and which line of the SQL is to
    blame.
    """
    if code < 0:
        return f"Flink was killed by signal {-code}: resume it, and it continues from its newest checkpoint."
    words, lines = _reason(log), sql.splitlines()
    for pattern, place in PLACES.items():
        if found := pattern.search(log):
            number = int(found[1])
            return f"{words.rstrip('.')}. The mistake is in {place} {number}: {lines[number - 1].strip()}"
    return words


def _reason(log: str) -> str:
    for pattern, meaning in MEANINGS.items():
        if found := re.search(pattern, log):
            return found.expand(meaning)
    said = CAUSE.findall(log) or log.strip().splitlines() or ["it logged nothing"]
    return f"Flink ended: {said[-1].rstrip('.')}."
