"""One Flink job in its own process: ordinary PyFlink without labkit. Run as a script:

    python job.py OPTIONS SQL

OPTIONS is a JSON file with Flink's settings, SQL a file of statements, each ending at the end of a line. The INSERTs
form one job; this process ends when the job has ended.
"""

import contextlib
import json
import logging
import os
import re
import sys
from pathlib import Path

from pyflink.common import Configuration
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, TableEnvironment

INSERT = re.compile(r"(\s|--.*\n|/\*.*?\*/)*INSERT\b", re.IGNORECASE | re.DOTALL)  # after comments, if any


def run(options: dict[str, str], sql: str) -> None:
    configuration = Configuration()
    for name, value in options.items():
        configuration.set_string(name, value)
    close_gate()
    settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration).build()
    tables = TableEnvironment.create(settings)
    inserts = tables.create_statement_set()
    for statement in filter(str.strip, f"{sql}\n".split(";\n")):
        if INSERT.match(statement):
            inserts.add_insert_sql(statement)
        else:
            tables.execute_sql(statement)
    inserts.execute().wait()


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
