answer = """
INSERT INTO results
SELECT window_start, sensor_id, temperature
FROM (
    SELECT
        *,
        ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY temperature DESC) AS place
    FROM TABLE(TUMBLE(TABLE readings, DESCRIPTOR(event_time), INTERVAL '10' SECOND))
)
WHERE place = 1
"""
coldest = answer.replace(" DESC)", " ASC)")
two = answer.replace("place = 1", "place <= 2")
per_device = answer.replace("PARTITION BY window_start", "PARTITION BY sensor_id, window_start")
select = answer.replace("INSERT INTO results", "")
each_twice = f"{answer} UNION ALL {select}"
above_zero = answer.replace("WHERE place = 1", "WHERE place = 1 AND temperature > 0")
WRONG = [
    (each_twice, ("There is only one",)),
    (above_zero, ("There is a row",)),
    (coldest, ("It is the hottest",)),
    (two, ("There is only one", "It is the hottest")),
    (per_device, ("There is only one", "It is the hottest")),
]
REPAIR = ("window_end, sensor_id ORDER", "window_end ORDER")
