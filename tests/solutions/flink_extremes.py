answer = """
INSERT INTO results
SELECT sensor_id, window_start, MIN(temperature), MAX(temperature), COUNT(*)
FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
GROUP BY sensor_id, window_start, window_end
"""
swapped = answer.replace("MIN(temperature), MAX(temperature)", "MAX(temperature), MIN(temperature)")
hopping = answer.replace("TUMBLE(", "HOP(").replace("INTERVAL '10'", "INTERVAL '5' SECOND, INTERVAL '10'")
seconds = answer.replace("INTERVAL '10'", "INTERVAL '5'")
select = answer.replace("INSERT INTO results", "")
each_twice = f"{answer} UNION ALL {select}"
at_least_two = answer.replace("window_end\n", "window_end HAVING COUNT(*) > 1\n")
above_zero = answer.replace("MIN(temperature)", "NULLIF(MIN(temperature), 0)")
WRONG = [
    (each_twice, ("There is one row",)),
    (at_least_two, ("There is one row",)),
    (above_zero, ("lowest and highest",)),
    (swapped, ("lowest and highest",)),
    (hopping, ("There is one row",)),
    (seconds, ("There is one row", "lowest and highest", "readings is")),
]
REPAIR = (
    "HOP(TABLE readings, DESCRIPTOR(event_time), INTERVAL '5' SECOND,",
    "TUMBLE(TABLE readings, DESCRIPTOR(event_time),",
)
