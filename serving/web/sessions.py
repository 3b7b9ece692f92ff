"""Signing in to the dashboard: a key typed into a form becomes a cookie that names the key and that only we could sign.

Nothing is kept on the server but the secret, made at its start: a restart signs everybody out, a revoked key is out at
once. The cookie holds no key.
"""

import hmac
import secrets
import time
from hashlib import sha256

from recsys.keys import Key
from serving.keys import Keyring

COOKIE = "recsys-dashboard"
LIFETIME = 12 * 3600  # seconds
SECRET_BYTES = 32
_OPEN = "open"  # in place of a cookie where a home has no keys


def new_secret() -> bytes:
    """What signs the cookies of one server."""
    return secrets.token_bytes(SECRET_BYTES)


class Sessions:
    """Makes and reads the cookie, and the token that forms carry against requests forged by other sites."""

    def __init__(self, keyring: Keyring, secret: bytes) -> None:
        """secret  `new_secret`, shared by the processes of one server"""
        self._keyring = keyring
        self._secret = secret

    def begin(self, token: bytes) -> str | None:
        """The cookie for whoever brings this key; None where it is no good key of an editor or administrator."""
        key = self._keyring.find(token)
        if key is None or key.scope not in ("editor", "admin"):
            return None
        content = f"{key.id}.{int(time.time()) + LIFETIME}"
        return f"{content}.{self._signature('session', content)}"

    def key(self, cookie: str) -> Key | None:
        """The good key that a cookie stands for; None where it is forged, too old, or of a key that was revoked."""
        content, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature("session", content).encode()):
            return None
        key_id, _, until = content.partition(".")
        return self._keyring.named(key_id) if int(until) > time.time() else None

    def form_token(self, cookie: str | None) -> str:
        """What a form must carry that is sent with this cookie."""
        return self._signature("form", cookie or _OPEN)

    def is_form_token(self, token: str, cookie: str | None) -> bool:
        """Whether a form carried it."""
        return hmac.compare_digest(token.encode(), self.form_token(cookie).encode())

    def _signature(self, purpose: str, content: str) -> str:
        return hmac.new(self._secret, f"{purpose}\n{content}".encode(), sha256).hexdigest()
