"""A login on the lab's own Kafka, where other people use the same computer.

On loopback the network is no risk, but whoever is logged in could otherwise read, write and delete everything.
"""

import os
import secrets
from typing import NamedTuple

SHARED = ("JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN")  # environment variables of a server that several people share
WANTED = "LAB_LOGIN"  # 1: with a login also elsewhere; 0: without one

LISTENERS = ("broker", "controller")
SASL = """\
listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN"""


class Login(NamedTuple):
    """A user, and a password that nobody has chosen."""

    user: str
    password: str

    @staticmethod
    def random(user: str) -> "Login":
        """Returns a login with a password of chance."""
        return Login(user, secrets.token_urlsafe(24))

    def of_client(self) -> dict[str, str]:
        """Returns the properties of a client, under librdkafka's names."""
        login = {"sasl.username": self.user, "sasl.password": self.password}
        return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"} | login

    def of_server(self) -> str:
        """Returns lines for `server.properties`: both listeners ask for the login, and the nodes use it too."""
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        user = f'username="{self.user}" password="{self.password}" user_{self.user}="{self.password}"'
        listeners = [f"listener.name.{each}.plain.sasl.jaas.config={module} required {user};" for each in LISTENERS]
        return "\n".join([SASL, *listeners, ""])


def new() -> Login | None:
    """Returns a new login where others may use this computer: under JupyterHub, or if LAB_LOGIN is 1. Else None."""
    wanted = os.environ.get(WANTED, "").strip()
    if wanted == "0" or not (wanted or any(name in os.environ for name in SHARED)):
        return None
    return Login.random("lab")
