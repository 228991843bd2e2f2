"""Yardsticks, and the simulated café with its known answers."""
