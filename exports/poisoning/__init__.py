"""The gate against poisoned data: what is looked for, what was found, what people decided."""
