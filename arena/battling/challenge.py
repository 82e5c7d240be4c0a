"""A calculation asked of a browser or client before it may begin a battle.

It costs a person nothing that they notice, and a script that begins thousands of battles its
machine's time. It is asked always or never where the owner says so, otherwise while many battles
are begun, while newcomers' votes look sent, and of whoever gave reason for care. Nobody's address
leaves this server: the challenge is ALTCHA's first kind, a number whose SHA-256 behind a salt is
known.

Where `is_asked`, a page's form includes `arena/_challenge.html`; a client of the API asks for the
challenge of the arena. The solution comes in the field `proof`.
"""

import base64
import binascii
import json
from datetime import timedelta
from typing import Any

from altcha.v1 import ChallengeOptions, Payload, create_challenge, verify_solution
from django.core.cache import cache
from django.utils import timezone
from django.utils.crypto import salted_hmac

from arena.battling import rates
from arena.integrity import bursting, suspicion
from arena.models import ArenaRules
from arena.visitors import Visitor
from projects.errors import InvalidInput, TooMany
from projects.models import Project

FIELD = "proof"
MINUTES = 20
LARGEST_NUMBER = 200_000
"""About half as many hashes are needed: a fraction of a second, on an old phone two."""
LONGEST_PROOF = 2_000
BATTLES_A_MINUTE = 60
"""Beyond this many an arena is under load."""
_TEXTS = ("algorithm", "challenge", "salt", "signature")


def is_asked(*, rules: ArenaRules, visitor: Visitor) -> bool:
    """Whether this visitor has to solve a challenge before the next battle."""
    if rules.challenge != ArenaRules.Challenge.WHEN_ASKED_FOR:
        return rules.challenge == ArenaRules.Challenge.ALWAYS
    if visitor.user is not None:
        return False
    return (
        rates.battles_lately(rules=rules) > BATTLES_A_MINUTE
        or rates.is_near_a_cap(rules=rules, visitor=visitor)
        or suspicion.is_suspect(
            project_id=rules.project_id, digests=(visitor.digest, visitor.network)
        )
        or bursting.is_under_way(project_id=rules.project_id)
    )


def fresh(*, project: Project) -> dict[str, Any]:
    """A challenge for one battle in this project's arena, good for some minutes."""
    return create_challenge(
        ChallengeOptions(
            algorithm="SHA-256",
            max_number=LARGEST_NUMBER,
            hmac_key=_key(project.pk),
            expires=timezone.now() + timedelta(minutes=MINUTES),
        )
    ).to_dict()


def require(*, rules: ArenaRules, visitor: Visitor, proof: Any) -> None:
    """Refuse to begin where a challenge is asked and `proof` does not solve one.

    Raises TooMany where there is no proof, InvalidInput naming `proof` where it is wrong, used
    or too old.
    """
    if not is_asked(rules=rules, visitor=visitor):
        return
    if not proof:
        raise TooMany(
            "Your browser has to do a short calculation before the next battle. Send again; it "
            "takes a moment. (Over the API: solve a challenge of this arena and send it as "
            f"{FIELD}.)"
        )
    payload = _payload(proof)
    solves, _ = verify_solution(payload, _key(rules.project_id))
    if not solves:
        raise InvalidInput.field(FIELD, "does not solve a challenge of the last few minutes")
    if not cache.add(f"arena:proof:{payload.signature}", 1, timeout=(MINUTES + 1) * 60):
        raise InvalidInput.field(FIELD, "was used already; solve another challenge")


def _payload(proof: Any) -> Payload:
    if not isinstance(proof, str) or len(proof) > LONGEST_PROOF:
        raise InvalidInput.field(FIELD, "must be a solved challenge, as a text")
    try:
        told = json.loads(base64.b64decode(proof, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidInput.field(FIELD, "must be base64 of JSON") from None
    if (
        not isinstance(told, dict)
        or not all(isinstance(told.get(name), str) for name in _TEXTS)
        or type(told.get("number")) is not int
        or not 0 <= told["number"] <= LARGEST_NUMBER
        or not all(told[name].isascii() for name in _TEXTS)
    ):
        raise InvalidInput.field(
            FIELD, f"must hold {', '.join(_TEXTS)} and a whole number from 0 to {LARGEST_NUMBER}"
        )
    return Payload(
        told["algorithm"], told["challenge"], told["number"], told["salt"], told["signature"]
    )


def _key(project_id: int) -> str:
    return salted_hmac(
        "touchstone.arena.challenge", str(project_id), algorithm="sha256"
    ).hexdigest()
