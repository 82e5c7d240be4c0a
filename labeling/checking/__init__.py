"""Answers held against the guideline by a model while they are written, and whether that helps."""
