"""The terms of an arena, agreed to once by each visitor for as long as they read the same."""

import hashlib
from dataclasses import dataclass

from django.db import transaction

from arena.models import Consent
from arena.rules import rules_of
from arena.visitors import Visitor
from projects.errors import Conflict, InvalidInput, NotPermitted
from projects.models import Project

FIELD = "agreed"
OWN_TERMS = """\
- What you write goes to language models and is kept with their replies and your verdict, so that
  models can be compared, improved and studied. It may be published without anything that tells who
  you are. **Write nothing private**, of yourself or of others.
- Of you it is kept which browser and which network the votes came from, as digests that cannot be
  turned back, and your account where you are signed in.
- Replies are written by machines. They can be wrong, biased or offensive; do not rely on them.
- Vote by your own judgement. Do not try to find out who is who, nor to help or harm a model.
"""


@dataclass(frozen=True)
class Terms:
    """`text` is Markdown; `digest` stands for it and is what a visitor agrees to."""

    text: str
    digest: str


def terms_of(project: Project) -> Terms:
    text = rules_of(project).terms.strip() or OWN_TERMS
    return Terms(text, hashlib.sha256(text.encode()).hexdigest())


def has_agreed(*, project: Project, visitor: Visitor, terms: Terms) -> bool:
    found = Consent.objects.filter(project=project, terms_digest=terms.digest)
    if visitor.user is not None and found.filter(user=visitor.user).exists():
        return True
    return bool(visitor.digest) and found.filter(visitor=visitor.digest).exists()


def require_entry(*, project: Project, visitor: Visitor, agreed: object) -> None:
    """Let in who may begin here, and note that they agree to the terms where they say so now.

    `agreed` is the digest of the terms they saw, or empty. Raises NotPermitted where one has to
    sign in, Conflict where the terms were not agreed to, InvalidInput for terms of another time.
    """
    if rules_of(project).requires_sign_in and visitor.user is None:
        raise NotPermitted("Sign in to take part in this arena.")
    terms = terms_of(project)
    if agreed == terms.digest:
        _note(project, visitor, terms)
    elif agreed:
        raise InvalidInput.field(FIELD, "must be the digest of the terms as they read now")
    elif not has_agreed(project=project, visitor=visitor, terms=terms):
        raise Conflict("Please agree to the terms of this arena first.")


def _note(project: Project, visitor: Visitor, terms: Terms) -> None:
    with transaction.atomic():
        Consent.objects.get_or_create(
            project=project,
            visitor=visitor.digest,
            terms_digest=terms.digest,
            defaults={"user": visitor.user},
        )
