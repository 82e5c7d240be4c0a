"""Votes counted, boards computed from the counts, and the forms a board is given out in."""
