"""EVENTS → FEATURES: Feast declarations, and the event schema every room shares."""
