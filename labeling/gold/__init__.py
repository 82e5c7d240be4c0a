"""Tasks whose right judgement is known."""
