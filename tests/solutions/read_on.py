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


def copy(app, source, target, records, store=True, key=True, time=True, times=1):
    with app.get_consumer() as reader, app.get_producer() as producer:
        reader.subscribe([source])
        done = 0
        while done < records:
            message = reader.poll(timeout=1.0)
            if message is None:
                continue
            more = {"timestamp": message.timestamp()[1]} if time else {}
            for _ in range(times):
                producer.produce(topic=target, key=message.key() if key else None, value=message.value(), **more)
            if store:
                reader.store_offsets(message=message)
            done += 1


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


WRONG = [
    (one_too_many, ("No more than",)),
    (nothing_stored, ("Every record", "No record")),
    (no_key, ("Its key",)),
    (no_time, ("Its time",)),
    (twice, ("No record",)),
    (one_too_few, ("Every record",)),
]
