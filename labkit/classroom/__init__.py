"""A Kafka that a class shares: a login, permissions and a quota for each student, on this computer or on a cluster."""
