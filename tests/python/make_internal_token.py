"""Makes an internal token as a service in Python would."""

import sys
import time
import uuid

import jwt

service, secret = sys.argv[1:]
now = int(time.time())
claims = {"iss": service, "aud": "auth-service", "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
print(jwt.encode(claims, secret, algorithm="HS256"))
