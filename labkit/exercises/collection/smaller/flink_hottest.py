flink_hottest = """
INSERT INTO results
SELECT window_start, sensor_id, temperature
FROM (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY window_start, window_end, sensor_id ORDER BY temperature DESC) AS nth
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
)
WHERE nth = 1
"""
