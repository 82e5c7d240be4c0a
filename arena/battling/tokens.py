"""Signed, short-lived tokens: a page or client got this battle from us, and not long ago.

A form of a battle carries its token in the field `token`, and the API wants it in the same field.
It holds for one battle and one visitor, so that votes cannot be posted for battles that were never
shown, nor one visitor's page be used by another.
"""

from typing import Any

from django.core import signing

from arena.models import Battle
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput

FIELD = "token"
HOURS = 6
LONGEST = 200
_SIGNER = signing.TimestampSigner(salt="touchstone.arena.battle")


def token_for(battle: Battle, visitor: Visitor) -> str:
    """The token that this visitor's next deed in the battle has to bring."""
    subject = _subject(battle, visitor)
    return _SIGNER.sign(subject).removeprefix(f"{subject}:")


def require(token: Any, *, battle: Battle, visitor: Visitor) -> None:
    """Refuse what does not come from a page or an answer that showed this visitor this battle.

    Raises InvalidInput where the token is missing or not this battle's and visitor's, Conflict
    where it is too old.
    """
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST or not token.isascii():
        raise InvalidInput.field(FIELD, "must be the one that came with the battle")
    try:
        _SIGNER.unsign(f"{_subject(battle, visitor)}:{token}", max_age=HOURS * 3600)
    except signing.SignatureExpired:
        raise Conflict(
            f"This battle was shown more than {HOURS} hours ago. Load it again to go on."
        ) from None
    except signing.BadSignature:
        raise InvalidInput.field(
            FIELD, "is not this battle's or not yours; load the battle again"
        ) from None


def _subject(battle: Battle, visitor: Visitor) -> str:
    whose = visitor.digest or f"user-{visitor.user.pk if visitor.user else ''}"
    return f"{battle.public_id.hex}.{whose}"
