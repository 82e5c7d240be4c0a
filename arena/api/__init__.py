"""The arena over the API: the same domain functions as the pages."""
