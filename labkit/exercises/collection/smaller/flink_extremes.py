flink_extremes = """
INSERT INTO results
SELECT sensor_id, window_start, MIN(temperature), MAX(temperature), COUNT(*)
FROM TABLE(HOP(TABLE readings, DESCRIPTOR(event_time), INTERVAL '5' SECOND, INTERVAL '10' SECOND))
GROUP BY window_start, window_end, sensor_id
"""
