"""Starts any JVM of the lab from locked jars on the JRE from PyPI, and ends it with the lab."""

from pathlib import Path

LOG4J = Path(__file__).with_name("log4j2.properties")
