"""REQUEST → ANSWER: the service, its wire, online features, recommendations, keys and metrics."""
