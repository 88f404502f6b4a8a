"""Verifies access tokens of the auth service: pip install "pyjwt[crypto]>=2.15"."""

import json
import sys

import jwt

CLAIMS = ["iss", "aud", "sub", "exp", "iat", "jti", "sid", "roles", "amr", "auth_time"]


class AccessTokens:
    """Create one per process: it caches the keys. Pass AUTH_PUBLIC_URL and AUTH_AUDIENCE of the auth service."""

    def __init__(self, issuer, audience):
        self.issuer, self.audience = issuer, audience
        url = f"{issuer}/.well-known/jwks.json"
        # Keys are cached for ten minutes. An unknown key is fetched, but at most once a minute.
        self.keys = jwt.PyJWKClient(url, lifespan=600, cooldown_duration=60, timeout=5)

    def verify(self, token):
        """Its claims. Raises jwt.PyJWKClientConnectionError when the keys could not be fetched (answer 503), another
        jwt.PyJWTError when the token is invalid (answer 401)."""
        key = self.keys.get_signing_key_from_jwt(token)
        decoded = jwt.decode_complete(
            token,
            key,
            algorithms=["EdDSA"],  # not what the token says
            issuer=self.issuer,
            audience=self.audience,
            leeway=5,  # seconds by which clocks may differ
            options={"require": CLAIMS},
        )
        if decoded["header"].get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        return decoded["payload"]


if __name__ == "__main__":
    # verify_token.py ISSUER AUDIENCE: for each line of input, a token, its claims or why there are none.
    access_tokens = AccessTokens(*sys.argv[1:])
    for line in sys.stdin:
        try:
            print(json.dumps(access_tokens.verify(line.strip())), flush=True)
        except jwt.PyJWTError as error:
            print(type(error).__name__, error, flush=True)
