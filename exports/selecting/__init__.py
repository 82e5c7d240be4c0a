"""Which judgements an export is made of: in SQL, counted, and told why the others are not."""
