"""For each exercise the expected records, computed in plain Python without Kafka or Quix Streams."""
