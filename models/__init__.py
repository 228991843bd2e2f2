"""The seal between training and everything online: the artifact format and the numpy arithmetic that reads it.

Imports numpy and the standard library, and nothing of ours outside this room.
"""
