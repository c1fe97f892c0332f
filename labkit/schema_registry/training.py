"""Train the ahead-of-time cache that makes the next schema registry start several times as fast.

As for Kafka (broker/training.py): start a throwaway registry, use it once, and let it write the cache as it exits.
"""

import os
import signal
import sys
from pathlib import Path

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from labkit.jvm import training
from labkit.schema_registry import node
from labkit.schema_registry.installation import RegistryInstallation, registry_installation

EXIT_LIMIT = 180.0  # seconds that the JVM may take to write its cache
SCHEMAS = {
    "AVRO": '{"type": "record", "name": "Reading", "fields": [{"name": "temperature", "type": "double"}]}',
    "JSON": '{"type": "object", "properties": {"temperature": {"type": "number"}}}',
}


def train(installation: RegistryInstallation) -> None:
    """Create the ahead-of-time cache unless it exists or is being created. Takes about 30 seconds."""
    with training.exclusive(installation) as fresh:
        if fresh is None:
            return
        registry = node.start(installation, [f"-XX:AOTCacheOutput={fresh}"])
        try:
            _use(registry.url)
            os.kill(registry.process.pid, signal.SIGTERM)
            registry.process.wait(EXIT_LIMIT)
        finally:
            registry.process.close()


def _use(url: str) -> None:
    """Do what a lesson does first, so that the cache contains the classes for it."""
    with SchemaRegistryClient({"url": url}) as client:
        for kind, text in SCHEMAS.items():
            schema = Schema(text, kind)
            client.get_schema(client.register_schema(kind, schema))
            client.set_compatibility(kind, "FULL")
            client.test_compatibility(kind, schema)


if __name__ == "__main__":
    os.nice(19)
    train(registry_installation(Path(sys.argv[1])))
