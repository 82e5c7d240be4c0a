"""Snapshots: from a request to an immutable folder, and whatever is done with one afterwards."""
