"""One Flink job in its own process: ordinary PyFlink without labkit. Run as a script:

    python job.py OPTIONS SQL

OPTIONS is a JSON file with Flink's settings, SQL a file of statements, each ending with a semicolon. The INSERTs form
one job; this process ends when the job has ended.
"""

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from pyflink.common import Configuration
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, TableEnvironment

# What a semicolon ends no statement in: a text, a quoted name, a comment.
PIECE = re.compile(r"'[^']*'|`[^`]*`|--[^\n]*|/\*.*?\*/|;|[^;'`/-]+|.", re.DOTALL)
COMMENT = ("--", "/*")


def run(options: dict[str, str], sql: str) -> None:
    configuration = Configuration()
    for name, value in options.items():
        configuration.set_string(name, value)
    close_gate()
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    tables = TableEnvironment.create(settings)
    inserts = tables.create_statement_set()
    for line, statement in statements(sql):
        try:
            if statement.lstrip()[:6].upper() == "INSERT":
                inserts.add_insert_sql(statement)
            else:
                tables.execute_sql(statement)
        except Exception:
            print(f"The statement begins in line {line}.", file=sys.stderr)
            raise
    inserts.execute().wait()


def statements(sql: str) -> Iterator[tuple[int, str]]:
    """Yields the number of the line in which each statement begins, and the statement.

    It begins with as many empty lines as there are before it, so that Flink counts lines as the author does.
    """
    read, words = "", ""
    for piece in [*PIECE.findall(sql), ";"]:
        if piece == ";":
            if words:
                yield 1 + words.count("\n", 0, len(words) - len(words.lstrip())), words
            words = ""
        elif words or not (piece.startswith(COMMENT) or piece.isspace()):
            words = (words or "\n" * read.count("\n")) + piece
        read += piece


def close_gate() -> None:
    """Let nobody else connect to the gateway, through which any code can be run: it asks for no password.

    This process stays connected.
    """
    gateway = get_gateway()
    field = gateway.java_gateway_server.getClass().getDeclaredField("sSocket")
    field.setAccessible(True)
    field.get(gateway.java_gateway_server).close()


def end() -> None:
    """End the JVM, wait until it has ended (it may have an ahead-of-time cache to write), and exit silently."""
    logging.getLogger("py4j.java_gateway").setLevel(logging.CRITICAL)
    with contextlib.suppress(Exception):  # the JVM ends without answering
        get_gateway().jvm.java.lang.System.exit(0)
    os.wait()
    os._exit(0)  # PyFlink would look for its JVM once more


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]).read_text())
    end()
