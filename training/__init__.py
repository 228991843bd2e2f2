"""FEATURES → ARTIFACT: ingest into the lake, features, fits, metrics, export and the promotion gate."""
