"""What keeps a board worth believing: checks of votes, flags with reasons, what a vote weighs."""
