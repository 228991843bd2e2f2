"""The simulated café: a seeded coffee chain as input tables, and the truth of what each member would do."""
