def damp_rooms(readings):
    readings["dew_point"] = (readings["humidity"] - 100) / 5 + readings["temperature"]
    readings[readings["humidity"] > 60]
    return readings
