"""What only graders and authors of exercises need: oracles, recorded expectations, proofs. Never imported by a lab."""
