"""A service that is told of events. It checks each delivery with the reference library of Standard Webhooks and notes
it as a line of JSON in LOG: whether it acknowledged, the id, and the body.

webhook_receiver.py PORT SECRET LOG BEHAVIOUR, where BEHAVIOUR is "ok", "half" (answers 500 to half of the deliveries,
after noting them), "redirect" (302 to itself), "silent" (never answers) or "huge" (200 and a body without end).
"""

import http.server
import json
import random
import sys
import threading
import time

from standardwebhooks import Webhook, WebhookVerificationError

port, secret, log, behaviour = int(sys.argv[1]), sys.argv[2], open(sys.argv[3], "a"), sys.argv[4]
webhook, lock = Webhook(secret), threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
            acknowledged = behaviour in ("ok", "huge") or (behaviour == "half" and random.random() < 0.5)
        except WebhookVerificationError as error:
            event, acknowledged = {"error": str(error)}, False
        with lock:
            note = {"acknowledged": acknowledged, "id": self.headers["webhook-id"], "path": self.path, "event": event}
            print(json.dumps(note), file=log, flush=True)
        if behaviour == "silent":
            time.sleep(3600)
        if behaviour == "redirect":
            self.send_response(302)
            self.send_header("location", "/elsewhere")
        else:
            self.send_response(200 if acknowledged else 500)
        if behaviour == "huge":
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            except OSError:
                return
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A service that is killed resets its connections: no news."""


server = Server(("127.0.0.1", port), Handler)
print("ready", flush=True)
server.serve_forever()
