"""Verifies an access token as another service would: with PyJWT and the JWKS URL."""

import sys

import jwt

url, token = sys.argv[1:]
keys = jwt.PyJWKClient(f"{url}/.well-known/jwks.json")
key = keys.get_signing_key_from_jwt(token)
claims = jwt.decode(
    token,
    key,
    algorithms=["EdDSA"],
    issuer=url,
    audience=url,
    options={"require": ["iss", "aud", "sub", "exp", "iat", "jti"]},
)
assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
assert claims["roles"] == ["user"] and claims["amr"] == ["pwd"], claims
header, payload, signature = token.split(".")
broken = ".".join([header, payload, signature[:-6] + ("AAAAAA" if not signature.endswith("AAAAAA") else "BBBBBB")])
try:
    jwt.decode(broken, key, algorithms=["EdDSA"], issuer=url, audience=url)
except jwt.InvalidSignatureError:
    print("PyJWT", jwt.__version__, "verifies the token and refuses a broken one")
else:
    sys.exit("a broken signature was accepted")
