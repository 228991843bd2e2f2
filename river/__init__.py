"""The composition root of the offline verbs."""
