"""A calculation asked of a browser or client before it may begin a battle.

It costs a person nothing that they notice, and a script that begins thousands of battles its
machine's time. A page whose `url_for` is not empty includes `arena/_challenge.html` in its form;
a client of the API gets the challenge at the address that the refusal names. The solution comes in
the field `proof`.
"""

from typing import Any

from arena.models import ArenaRules
from arena.visitors import Visitor

FIELD = "proof"


def is_asked(*, rules: ArenaRules, visitor: Visitor) -> bool:
    """Whether this visitor has to solve a challenge before the next battle."""
    return False


def require(*, rules: ArenaRules, visitor: Visitor, proof: Any) -> None:
    """Refuse to begin where a challenge is asked and `proof` does not solve one.

    Raises TooMany where there is no proof, InvalidInput naming `proof` where it is wrong, used
    or too old.
    """
