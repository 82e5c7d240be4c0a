"""Model judges: asked, read, measured against people; and which tasks to put before people."""
