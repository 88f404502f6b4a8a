"""Calls an internal endpoint of the auth service: pip install "pyjwt[crypto]"

Run it as: INTERNAL_KEY=… python call.py URL SERVICE METHOD PATH [JSON]
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

import jwt


def internal_token(service, key, scope=None):
    """The key is the secret of AUTH_INTERNAL__<SERVICE>__SECRET, or an Ed25519 private key in PEM."""
    now = int(time.time())
    claims = {"iss": service, "aud": "auth-service", "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    if scope is not None:
        claims["scope"] = scope  # Some of the service's scopes, separated by spaces.
    return jwt.encode(claims, key, algorithm="EdDSA" if key.startswith("-----BEGIN") else "HS256")


def call(url, service, key, method, path, body=None):
    """Returns status, code and data. Creates a token for each call, which takes microseconds."""
    headers = {"Authorization": f"Bearer {internal_token(service, key)}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            envelope = json.load(answer)
    except urllib.error.HTTPError as refusal:
        envelope = json.load(refusal)
    return envelope["statusCode"], envelope["code"], envelope["data"]


if __name__ == "__main__":
    url, service, method, path, *body = sys.argv[1:]
    status, code, data = call(url, service, os.environ["INTERNAL_KEY"], method, path, *map(json.loads, body))
    print(status, code, data.get("reason", ""), data.get("scope", ""))
