"""How far the work is, how well people agree, and how each of them does."""
