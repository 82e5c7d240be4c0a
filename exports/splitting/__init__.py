"""Which split a prompt is in: by a salted hash, near-duplicates together, the same in every export
of a project, and what was held out in none."""
