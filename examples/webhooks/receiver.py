"""Receives the events of the auth service: pip install fastapi uvicorn standardwebhooks

Run it as: WEBHOOK_SECRET=whsec_… uvicorn receiver:app --port PORT
"""

import os

from fastapi import FastAPI, HTTPException, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
handled = set()  # In your database: a table of ids, written in the same transaction as the work.
app = FastAPI()


def handle(event):
    if event["type"] == "user.registered":
        print(event["type"], event["data"]["userId"], flush=True)  # Create your row for this user.
    elif event["type"] == "user.deleted":
        print(event["type"], event["data"]["userId"], flush=True)  # Delete everything that you store about them.
    # Acknowledge the types that you don't know: new ones may be added.


async def body_of(request: Request) -> bytes:
    """The bytes as sent: the signature covers them."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > 65_536:
            raise HTTPException(413)
    return body


@app.post("/webhooks/auth")
async def receive(request: Request):
    body = await body_of(request)
    try:
        event = webhook.verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # ValueError: a header that is not base64, for example.
        return Response(status_code=401)
    event_id = request.headers["webhook-id"]
    if event_id not in handled:
        handle(event)
        handled.add(event_id)  # After the work: after an error above the event is sent again.
    return Response(status_code=204)
