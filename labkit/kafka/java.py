"""Translates librdkafka's client properties to those of the Java clients.

The names come from Kafka's documentation (section "Security") and librdkafka's CONFIGURATION.md.
"""

from collections.abc import Mapping
from pathlib import Path

from labkit.errors import LabError
from labkit.kafka import properties

LOGIN = "org.apache.kafka.common.security."
MODULES = {"PLAIN": "plain.PlainLoginModule"} | dict.fromkeys(
    ("SCRAM-SHA-256", "SCRAM-SHA-512"), "scram.ScramLoginModule"
)
KINDS = ("security.", "sasl.", "ssl.", "enable.ssl.")
SAME = ("security.protocol", "ssl.endpoint.identification.algorithm", "ssl.key.password")


def translated(given: Mapping[str, str], package: str = "") -> dict[str, str]:
    """Returns the Java properties for those of librdkafka; those that only tune librdkafka are left out.

    `package` precedes the names of classes, for a program with a copy of Kafka's. Raises LabError for a login or TLS
    property that has no counterpart here.
    """
    left = {name: value for name, value in given.items() if name.startswith(KINDS)}
    found = {name: left.pop(name) for name in SAME if name in left} | _login(left, package) | _certificates(left)
    if left:
        raise _without_counterpart(", ".join(left))
    return found


def _login(left: dict[str, str], package: str) -> dict[str, str]:
    mechanism = left.pop("sasl.mechanisms", "") or left.pop("sasl.mechanism", "")
    user, password = left.pop("sasl.username", ""), left.pop("sasl.password", "")
    if not mechanism:
        return {}
    if mechanism not in MODULES:
        raise _without_counterpart(f"the login {mechanism}")
    module = package + LOGIN + MODULES[mechanism]
    login = f'{module} required username="{_escaped(user)}" password="{_escaped(password)}";'
    return {"sasl.mechanism": mechanism, "sasl.jaas.config": login}


def _certificates(left: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if authority := left.pop("ssl.ca.location", ""):
        found |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": authority}
    elif authority := left.pop("ssl.ca.pem", ""):
        found |= {"ssl.truststore.type": "PEM", "ssl.truststore.certificates": authority}
    certificate, key = left.pop("ssl.certificate.location", ""), left.pop("ssl.key.location", "")
    if certificate and key:
        chain, secret = Path(certificate).read_text(), Path(key).read_text()
        found |= {"ssl.keystore.type": "PEM", "ssl.keystore.certificate.chain": chain, "ssl.keystore.key": secret}
    return found


def _without_counterpart(what: str) -> LabError:
    return LabError(f"The lab cannot pass to a Java client, such as Flink: {what}, in {properties.path()}.")


def _escaped(text: str) -> str:
    """Escape text for use within the quotes of a JAAS configuration."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def lines(found: Mapping[str, str]) -> str:
    """Returns a file of properties as Java reads it."""
    return "".join(f"{name}={_in_one_line(value)}\n" for name, value in found.items())


def _in_one_line(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n")
