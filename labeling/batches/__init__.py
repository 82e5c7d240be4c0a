"""Batch draws: which prompts from which models, how often, and what becomes of what is drawn."""
