"""Translates librdkafka's client properties to those of the Java clients in Flink's Kafka connector.

The names come from Kafka's documentation (section "Security") and librdkafka's CONFIGURATION.md.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from labkit.errors import LabError
from labkit.kafka import properties

CONNECTOR = "org.apache.flink.kafka.shaded."  # the connector's own copy of Kafka's classes
LOGIN = f"{CONNECTOR}org.apache.kafka.common.security."
MODULES = {"PLAIN": "plain.PlainLoginModule"} | dict.fromkeys(
    ("SCRAM-SHA-256", "SCRAM-SHA-512"), "scram.ScramLoginModule"
)
KINDS = ("security.", "sasl.", "ssl.", "enable.ssl.")
SAME = ("security.protocol", "ssl.endpoint.identification.algorithm", "ssl.key.password")
SERVERS = re.compile(r"'properties\.bootstrap\.servers'\s*=\s*'(?:[^']|'')*'")


def secured(sql: str, given: Mapping[str, str]) -> str:
    """Add client properties to each table in the SQL that names a Kafka. Raises LabError if one has no counterpart."""
    options = "".join(f", 'properties.{name}' = '{_quoted(value)}'" for name, value in java(given).items())
    return SERVERS.sub(lambda match: match[0] + options, sql)


def java(given: Mapping[str, str]) -> dict[str, str]:
    """Returns the Java properties for those of librdkafka; those that only tune librdkafka are left out.

    Raises LabError for a login or TLS property that has no counterpart here.
    """
    left = {name: value for name, value in given.items() if name.startswith(KINDS)}
    found = {name: left.pop(name) for name in SAME if name in left} | _login(left) | _certificates(left)
    if left:
        raise LabError(f"The lab cannot pass these properties to Flink: {', '.join(left)}, in {properties.path()}.")
    return found


def _login(left: dict[str, str]) -> dict[str, str]:
    mechanism = left.pop("sasl.mechanisms", "") or left.pop("sasl.mechanism", "")
    user, password = left.pop("sasl.username", ""), left.pop("sasl.password", "")
    if not mechanism:
        return {}
    if mechanism not in MODULES:
        raise LabError(f"The lab cannot pass the login {mechanism} to Flink, in {properties.path()}.")
    login = f'{LOGIN}{MODULES[mechanism]} required username="{_escaped(user)}" password="{_escaped(password)}";'
    return {"sasl.mechanism": mechanism, "sasl.jaas.config": login}


def _certificates(left: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if authority := left.pop("ssl.ca.location", ""):
        found |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": authority}
    certificate, key = left.pop("ssl.certificate.location", ""), left.pop("ssl.key.location", "")
    if certificate and key:
        chain, secret = Path(certificate).read_text(), Path(key).read_text()
        found |= {"ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": chain, "ssl.keystore.key": secret}
    return found


def _escaped(text: str) -> str:
    """Escape text for use within the quotes of a JAAS configuration."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    """Escape text for use within SQL quotes."""
    return text.replace("'", "''")
