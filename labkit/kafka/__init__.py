"""Access to any Kafka, the lab's own or another: clients, topics, consumer groups, and the newest records."""
