"""Rounds: each turn of the loop, what was judged in it, and the model that came of it."""
