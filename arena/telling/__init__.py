"""How two replies are told at one pace. Pure: amounts and moments in, positions out."""
