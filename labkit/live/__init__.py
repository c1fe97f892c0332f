"""What taps and runs show: charts, panels, tables. Knows taps, not Kafka."""
