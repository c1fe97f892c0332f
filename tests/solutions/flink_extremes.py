answer = """
INSERT INTO results
SELECT sensor_id, window_start, MIN(temperature), MAX(temperature), COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY sensor_id, window_start, window_end
"""
swapped = answer.replace("MIN(temperature), MAX(temperature)", "MAX(temperature), MIN(temperature)")
hopping = answer.replace("TUMBLE(", "HOP(").replace("INTERVAL '10'", "INTERVAL '5' SECOND, INTERVAL '10'")
seconds = answer.replace("INTERVAL '10'", "INTERVAL '5'")
WRONG = [
    (swapped, ("lowest and highest",)),
    (hopping, ("There is one row",)),
    (seconds, ("There is one row", "lowest and highest", "readings is")),
]
