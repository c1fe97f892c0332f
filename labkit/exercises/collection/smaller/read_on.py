def read_on(app, source, target, records):
    with app.get_consumer() as reader, app.get_producer() as producer:
        reader.subscribe([source])
        copied = 0
        while copied < records:
            message = reader.poll(1.0)
            if message is None:
                continue
            at = message.timestamp()[1]
            reader.store_offsets(message)
            producer.produce(target, message.value(), message.key(), timestamp=at)
            copied += 1
