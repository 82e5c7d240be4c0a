"""What comes in from outside: prompts, and judgements that were made elsewhere."""
