"""An OpenID provider on Authlib, with custom claims.

    openid_provider.py

Prints "ready URL". Accepts any client. A user who signs in as NAME has the subject NAME, an `employee` number, the address
NAME@example.org in `mail`, and `mail_ok` for whether it is verified, but no `email`.
"""

import logging
import warnings

warnings.simplefilter("ignore")

from oidc_provider_mock import User, app  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

logging.getLogger("werkzeug").setLevel(logging.ERROR)
users = [
    User(sub=name, claims={"employee": number, "mail": f"{name}@example.org", "mail_ok": True})
    for number, name in enumerate(["ann", "bob"], 4711)
]
server = make_server("127.0.0.1", 0, app(user_claims=users), threaded=True)
print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
