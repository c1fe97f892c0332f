"""What the lab asks of any Kafka, its own or another: clients, topics, consumer groups, and the newest records."""
