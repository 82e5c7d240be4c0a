"""How much of the judging a project leaves to models, and what guards it."""
