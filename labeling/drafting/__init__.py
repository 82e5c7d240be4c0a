"""Drafts to pick from, answers rewritten on request, and who wrote what of the result."""
