"""Reads the events that were not delivered by webhook: pip install pyjwt

Run it as: INTERNAL_SECRET=… python catch_up.py URL SERVICE FILE, where FILE keeps the id of the last event.
"""

import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import jwt

url, service, file = sys.argv[1:]
place = pathlib.Path(file)
last = place.read_text() if place.exists() else None


def internal_token():
    now = int(time.time())
    claims = {"iss": service, "aud": "auth-service", "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    return jwt.encode(claims, os.environ["INTERNAL_SECRET"], algorithm="HS256")


more = True
while more:
    query = urllib.parse.urlencode({"limit": 1000} | ({"after": last} if last else {}))
    headers = {"Authorization": f"Bearer {internal_token()}"}
    request = urllib.request.Request(f"{url}/auth/events?{query}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            page = json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        if not last or error.code != 400:
            raise
        last = None  # The service no longer has that event: start with the oldest one.
        continue
    for event in page["events"]:
        print(event["id"], event["type"], event["data"]["userId"])  # Handle it, unless its id was handled before.
        last = event["id"]
    if last:
        place.write_text(last)  # After the work.
    more = page["next"] is not None
