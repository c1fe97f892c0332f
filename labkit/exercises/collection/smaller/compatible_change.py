compatible_change = {
    "type": "record",
    "name": "Reading",
    "fields": [
        {"name": "device", "type": "string"},
        {"name": "temperature", "type": "double"},
        {"name": "humidity", "type": "double"},
        {"name": "timestamp", "type": "long"},
        {"name": "battery", "type": ["null", "double"], "default": None},
        {"name": "place", "type": "string"},
    ],
}
