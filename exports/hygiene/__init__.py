"""What should not be in a dataset: duplicates, texts of benchmarks, personal data, hidden text,
other languages. Every scan is pure, takes one pass, and finds the same on every machine."""
