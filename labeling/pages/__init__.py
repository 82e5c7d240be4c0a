"""The pages of the work; no rule of the domain is here."""
