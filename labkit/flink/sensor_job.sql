-- The Flink job of the lab: it reads readings, and writes readings, alerts and windows to files.
-- The lab fills in ${topic}, ${letters}, ${broker}, ${group}, ${folder} and ${until}. Statements end at a line's end.

-- The topic, each record as raw bytes: a record that cannot be read must not stop the job, and must not be lost.
-- A record without a time has no event time here, and one from the future does not move the watermark.
CREATE TABLE sensor_data (
    `key` BYTES,
    `value` BYTES,
    headers MAP<STRING, BYTES> METADATA VIRTUAL,
    `partition` INT METADATA VIRTUAL,
    `offset` BIGINT METADATA VIRTUAL,
    kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    event_time AS TO_TIMESTAMP_LTZ(CAST(REGEXP_EXTRACT(
        JSON_QUERY(CAST(`value` AS STRING), '$.timestamp' WITH ARRAY WRAPPER), '^\[([0-9]{1,15})]$', 1) AS BIGINT), 3),
    WATERMARK FOR event_time AS
        CASE WHEN event_time <= kafka_time + INTERVAL '1' HOUR THEN event_time - INTERVAL '2' SECOND END
) WITH (
    'connector' = 'kafka',
    'topic' = '${topic}',
    'properties.bootstrap.servers' = '${broker}',
    'properties.group.id' = '${group}',
    'properties.isolation.level' = 'read_committed',
    'scan.startup.mode' = 'earliest-offset',
    'scan.bounded.mode' = '${until}',
    'scan.watermark.emit.strategy' = 'on-event',
    'key.format' = 'raw',
    'key.fields' = 'key',
    'value.format' = 'raw',
    'value.fields-include' = 'EXCEPT_KEY'
);

-- The fields, each NULL if it is missing or of another type. JSON_QUERY gives a number as [27.4], a text as ["27.4"].
-- The clock, which may change whenever it is read, keeps this a separate step: otherwise Flink would insert these
-- expressions wherever a field is used below, and parse the same record a dozen times.
CREATE VIEW fields AS
SELECT
    *,
    CASE WHEN REGEXP(JSON_QUERY(text, '$.sensor_id' WITH ARRAY WRAPPER), '^\["[^"]')
        THEN JSON_VALUE(text, '$.sensor_id') END AS sensor_id,
    CAST(REGEXP_EXTRACT(JSON_QUERY(text, '$.temperature' WITH ARRAY WRAPPER), '^\[(-?[0-9].*)]$', 1) AS DOUBLE)
        AS temperature,
    CAST(REGEXP_EXTRACT(JSON_QUERY(text, '$.humidity' WITH ARRAY WRAPPER), '^\[(-?[0-9].*)]$', 1) AS DOUBLE)
        AS humidity,
    CAST(REGEXP_EXTRACT(JSON_QUERY(text, '$.timestamp' WITH ARRAY WRAPPER), '^\[([0-9]{1,15})]$', 1) AS BIGINT)
        AS `timestamp`,
    CURRENT_WATERMARK(event_time) AS clock
FROM (SELECT *, CAST(`value` AS STRING) AS text FROM sensor_data);

-- Which records are not readings, and why, and which are late: missing in a window that was closed when they arrived.
CREATE VIEW checked AS
SELECT
    *,
    clock IS NOT NULL AND FLOOR(event_time TO SECOND) + INTERVAL '0.999' SECOND <= clock AS late,
    CASE
        WHEN text IS NULL THEN 'the value is null'
        WHEN CAST(text AS BYTES) <> `value` THEN 'not UTF-8'
        -- IS JSON looks at the first value only. Only if nothing follows it can the text be the one element of an array
        -- and the one field of an object.
        WHEN text IS NOT JSON OBJECT OR '[' || text || ']' IS NOT JSON ARRAY OR '{"all":' || text || '}' IS NOT JSON OBJECT
            THEN 'not a JSON object'
        ELSE NULLIF(CONCAT_WS('; ',
            CASE WHEN sensor_id IS NULL THEN 'sensor_id is missing or not a name' END,
            CASE
                WHEN temperature IS NULL THEN 'temperature is missing or not a number'
                WHEN temperature NOT BETWEEN -273.15 AND 1000
                    THEN 'temperature is not between -273.15 and 1000 degrees Celsius'
            END,
            CASE
                WHEN humidity IS NULL THEN 'humidity is missing or not a number'
                WHEN humidity NOT BETWEEN 0 AND 100 THEN 'humidity is not between 0 and 100 percent'
            END,
            CASE
                WHEN `timestamp` IS NULL OR `timestamp` > 253402300799999
                    THEN 'timestamp is missing or not a time in epoch milliseconds'
                WHEN event_time > kafka_time + INTERVAL '1' HOUR
                    THEN 'timestamp is more than an hour ahead of the record itself'
            END), '')
    END AS reason
FROM fields;

CREATE VIEW readings AS
SELECT
    sensor_id,
    temperature,
    temperature + 273.15 AS kelvin,
    humidity,
    `timestamp`,
    event_time,
    late
FROM checked
WHERE reason IS NULL;

-- The results. A line of JSON is written as a table of one column: Flink closes files of its format csv with every
-- checkpoint, but those of its format json by a timer, and a file that is not closed cannot be read.
CREATE TABLE reading_lines (line STRING) WITH (
    'connector' = 'filesystem',
    'path' = '${folder}/readings',
    'format' = 'csv',
    'csv.disable-quote-character' = 'true',
    'csv.field-delimiter' = U&'\0001'
);

CREATE TABLE alert_lines WITH ('path' = '${folder}/alerts') LIKE reading_lines;

CREATE TABLE windows (
    sensor_id STRING,
    window_start STRING,
    window_end STRING,
    average DOUBLE,
    minimum DOUBLE,
    maximum DOUBLE,
    `count` BIGINT
) WITH (
    'connector' = 'filesystem',
    'path' = '${folder}/windows',
    'format' = 'csv'
);

-- Records that are not readings: partition, offset and reason go to files, the records to the dead-letter topic.
CREATE TABLE unreadable (
    `partition` INT,
    `offset` BIGINT,
    reason STRING
) WITH (
    'connector' = 'filesystem',
    'path' = '${folder}/unreadable',
    'format' = 'csv'
);

CREATE TABLE dead_letters (
    `key` BYTES,
    `value` BYTES,
    headers MAP<STRING, BYTES> METADATA,
    kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'
) WITH (
    'connector' = 'kafka',
    'topic' = '${letters}',
    'properties.bootstrap.servers' = '${broker}',
    'properties.transaction.timeout.ms' = '900000',
    'sink.delivery-guarantee' = 'exactly-once',
    'sink.transactional-id-prefix' = '${group}',
    'key.format' = 'raw',
    'key.fields' = 'key',
    'value.format' = 'raw',
    'value.fields-include' = 'EXCEPT_KEY'
);

-- All statements below run as one job that reads the topic once.
INSERT INTO reading_lines
SELECT JSON_OBJECT(
    'sensor_id' VALUE sensor_id, 'temperature' VALUE temperature, 'kelvin' VALUE kelvin, 'humidity' VALUE humidity,
    'timestamp' VALUE `timestamp`, 'late' VALUE late)
FROM readings;

INSERT INTO alert_lines
SELECT JSON_OBJECT(
    'sensor_id' VALUE sensor_id, 'temperature' VALUE temperature, 'kelvin' VALUE kelvin, 'humidity' VALUE humidity,
    'timestamp' VALUE `timestamp`)
FROM readings
WHERE kelvin > 303;

INSERT INTO windows
SELECT
    sensor_id,
    DATE_FORMAT(window_start, 'yyyy-MM-dd''T''HH:mm:ss''Z'''),
    DATE_FORMAT(window_end, 'yyyy-MM-dd''T''HH:mm:ss''Z'''),
    AVG(temperature),
    MIN(temperature),
    MAX(temperature),
    COUNT(*)
FROM TABLE(HOP(TABLE readings, DESCRIPTOR(event_time), INTERVAL '1' SECOND, INTERVAL '10' SECOND))
GROUP BY sensor_id, window_start, window_end;

INSERT INTO unreadable
SELECT `partition`, `offset`, reason
FROM checked
WHERE reason IS NOT NULL;

INSERT INTO dead_letters
SELECT `key`, `value`, MAP_UNION(headers, MAP['reason', CAST(reason AS BYTES)]), kafka_time
FROM checked
WHERE reason IS NOT NULL;
