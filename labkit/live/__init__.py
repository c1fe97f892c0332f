"""Live views of taps and runs: charts, panels, tables. Knows taps, not Kafka."""
