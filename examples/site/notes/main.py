"""Notes: a FastAPI service that verifies access tokens itself, with the public keys of the auth service.

Run it as: AUTH_PUBLIC_URL=… WEBHOOK_SECRET=… uvicorn main:app, with examples/verifying-tokens in PYTHONPATH.
"""

import os
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from standardwebhooks import Webhook, WebhookVerificationError
from verify_token import AccessTokens

PUBLIC_URL = os.environ["AUTH_PUBLIC_URL"]
access_tokens = AccessTokens(PUBLIC_URL, PUBLIC_URL)
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
notes: dict[str, list[str]] = {}  # By user id. A real service has a database.
app = FastAPI()


def caller(request: Request) -> str:
    """Returns the id of the caller, from the Authorization header or the cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get("__Host-auth-access", "")
        # Browsers send the cookie with requests from any page: only our own pages may change something.
        if token and request.method != "GET" and request.headers.get("origin") != PUBLIC_URL:
            raise HTTPException(403, {"code": "CROSS_SITE_REQUEST"})
    if not token:
        raise HTTPException(401, {"code": "TOKEN_REQUIRED"})
    try:
        return access_tokens.verify(token)["sub"]
    except jwt.PyJWKClientConnectionError:
        raise HTTPException(503, {"code": "UNAVAILABLE"})
    except jwt.ExpiredSignatureError:
        raise HTTPException(401, {"code": "ACCESS_TOKEN_EXPIRED"})
    except jwt.PyJWTError:
        raise HTTPException(401, {"code": "ACCESS_TOKEN_INVALID"})


@app.exception_handler(HTTPException)
def refuse(_: Request, refusal: HTTPException):
    return JSONResponse(refusal.detail, refusal.status_code)


class Note(BaseModel):
    text: str = Field(max_length=1000)


Caller = Annotated[str, Depends(caller)]


@app.get("/notes")
def list_notes(user: Caller) -> list[str]:
    return notes.get(user, [])


@app.post("/notes", status_code=201)
def add_note(user: Caller, note: Note) -> list[str]:
    notes.setdefault(user, []).append(note.text)
    return notes[user]


async def body_of(request: Request) -> bytes:
    """The bytes as sent: the signature covers them."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 65_536:
            raise HTTPException(413, {"code": "PAYLOAD_TOO_LARGE"})
    return body


@app.post("/webhooks/auth", status_code=204)
async def receive(request: Request) -> None:
    """Deletes the notes of deleted users."""
    try:
        event = webhook.verify(await body_of(request), dict(request.headers))
    except (WebhookVerificationError, ValueError):  # ValueError: a header that is not base64, for example.
        raise HTTPException(401, {"code": "SIGNATURE_INVALID"})
    if event["type"] == "user.deleted":
        notes.pop(event["data"]["userId"], None)
