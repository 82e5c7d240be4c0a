"""Sessions in the database, as Django keeps them."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """Django's own, to which a cookie that cannot be a key is no session at all.

    A quoted cookie may hold a NUL, which PostgreSQL answers with an error.
    """

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and len(str(key)) >= 8 and str(key).isascii() and str(key).isalnum()
