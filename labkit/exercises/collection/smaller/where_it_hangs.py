def where_it_hangs(readings, places):
    joined = readings.join_asof(places[["place"]], how="left")
    joined["place"] = joined.apply(lambda reading: reading.get("place", "unknown"))
    return joined
