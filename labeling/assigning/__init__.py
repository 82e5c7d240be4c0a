"""Who gets which task next, and what stands in the way."""
