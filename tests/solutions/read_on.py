import json

from confluent_kafka import TopicPartition


def answer(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        reader.subscribe([source])
        done = 0
        while done < records:
            message = reader.poll(timeout=1.0)
            if message is None:
                continue
            time = message.timestamp()[1]
            producer.produce(topic=target, key=message.key(), value=message.value(), timestamp=time)
            reader.store_offsets(message=message)
            done += 1


def messages(reader, source, records):
    """So many messages of the source, as they come."""
    reader.subscribe([source])
    while records:
        if message := reader.poll(timeout=1.0):
            records -= 1
            yield message


def copy(app, source, target, records, store=True, key=True, time=True, times=1, first=False):
    with app.get_consumer() as reader, app.get_producer() as producer:
        for message in messages(reader, source, records):
            if first:
                reader.store_offsets(message=message)
            more = {"timestamp": message.timestamp()[1]} if time else {}
            for _ in range(times):
                producer.produce(topic=target, key=message.key() if key else None, value=message.value(), **more)
            if store:
                reader.store_offsets(message=message)


def stored_before_it_is_written(app, source, target, records):
    copy(app, source, target, records, first=True)


def committed_before_it_is_written(app, source, target, records):
    with app.get_consumer(auto_commit_enable=False) as reader, app.get_producer() as producer:
        for message in messages(reader, source, records):
            reader.commit(message=message, asynchronous=False)
            write(producer, target, message)


def write(producer, target, message):
    time = message.timestamp()[1]
    producer.produce(topic=target, key=message.key(), value=message.value(), timestamp=time)


def what_cannot_be_written_is_left_out(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        for message in messages(reader, source, records):
            try:
                write(producer, target, message)
            except Exception as error:
                print(error)
            reader.store_offsets(message=message)


def the_usual_fields(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        for message in messages(reader, source, records):
            reading = json.loads(message.value())
            value = {name: reading[name] for name in ("device", "temperature", "humidity", "timestamp")}
            time = message.timestamp()[1]
            producer.produce(topic=target, key=message.key(), value=json.dumps(value), timestamp=time)
            reader.store_offsets(message=message)


def with_key_and_time_of_the_value(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        for message in messages(reader, source, records):
            reading = json.loads(message.value())
            producer.produce(topic=target, key=reading["device"], value=message.value(), timestamp=reading["timestamp"])
            reader.store_offsets(message=message)


SEEN = set()


def all_that_this_program_has_not_seen(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        for message in messages(reader, source, records + len(SEEN)):
            if message.offset() not in SEEN:
                write(producer, target, message)
                SEEN.add(message.offset())


def stored_at_the_end(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        copied = [*messages(reader, source, records)]
        for message in copied:
            write(producer, target, message)
        reader.store_offsets(message=copied[-1])


def committed_after_the_flush(app, source, target, records):
    with app.get_consumer(auto_commit_enable=False) as reader, app.get_producer() as producer:
        for message in messages(reader, source, records):
            write(producer, target, message)
            producer.flush()
            reader.commit(message=message, asynchronous=False)


RIGHT = [stored_at_the_end, committed_after_the_flush]


def nothing_stored(app, source, target, records):
    copy(app, source, target, records, store=False)


def no_key(app, source, target, records):
    copy(app, source, target, records, key=False)


def no_time(app, source, target, records):
    copy(app, source, target, records, time=False)


def twice(app, source, target, records):
    copy(app, source, target, records, times=2)


def one_too_few(app, source, target, records):
    copy(app, source, target, records - 1)


def one_too_many(app, source, target, records):
    copy(app, source, target, records + 1)


def from_partition_0(app, source, target, records):
    with app.get_consumer(auto_commit_enable=False) as reader, app.get_producer() as producer:
        reader.assign(reader.committed([TopicPartition(source, 0)]))
        while records and (message := reader.poll(1.0)):
            write(producer, target, message)
            reader.commit(message=message, asynchronous=False)
            records -= 1


def after_as_many_as_the_target_holds(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        oldest, end = reader.get_watermark_offsets(TopicPartition(target, 0))
        for number, message in enumerate(messages(reader, source, end - oldest + records)):
            if number >= end - oldest:
                write(producer, target, message)


def newer_than_the_last(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        newest = 0
        for message in messages(reader, source, records):
            if message.timestamp()[1] > newest:
                write(producer, target, message)
            newest = message.timestamp()[1]
            reader.store_offsets(message=message)


def each_value_once(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        values = set()
        for message in messages(reader, source, records):
            if message.value() not in values:
                write(producer, target, message)
            values.add(message.value())
            reader.store_offsets(message=message)


EVERYTHING = ("Every record", "No more than", "No record", "The record that", "Its value", "Its key", "Its time")
AFTERWARDS = "The record that one call"
WRONG = [
    (all_that_this_program_has_not_seen, ("Every record", "No record", "No more than", AFTERWARDS)),
    (from_partition_0, EVERYTHING),
    (after_as_many_as_the_target_holds, ("Every record", "No more than")),
    (newer_than_the_last, ("Every record",)),
    (each_value_once, ("Every record",)),
    (one_too_many, ("No more than",)),
    (nothing_stored, ("Every record", "No record", "No more than", AFTERWARDS)),
    (no_key, ("Its key",)),
    (no_time, ("Its time",)),
    (with_key_and_time_of_the_value, ("Its key", "Its time")),
    (the_usual_fields, ("Its value", "No more than")),
    (twice, ("No record",)),
    (one_too_few, ("Every record",)),
    (stored_before_it_is_written, (AFTERWARDS,)),
    (committed_before_it_is_written, (AFTERWARDS,)),
    (what_cannot_be_written_is_left_out, (AFTERWARDS, "No more than")),
]
REPAIR = (
    "reader.store_offsets(message)\n            producer.produce(target, message.value(), message.key(), timestamp=at)",
    "producer.produce(target, message.value(), message.key(), timestamp=at)\n            reader.store_offsets(message)",
)
