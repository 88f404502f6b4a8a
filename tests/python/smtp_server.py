"""A real SMTP server that keeps each mail in a file and misbehaves as told.

smtp_server.py PORT FOLDER BEHAVIOUR, where BEHAVIOUR is what it does, word by word and mail by mail, the last word
for ever:

    250             accepts
    451 busy        says that to RCPT; any other code and text likewise
    MAIL 451 busy   says that to MAIL FROM
    silent          accepts the connection, and says nothing to RCPT
    drop            takes the mail, and cuts the connection before it says so
    kill            accepts, and kills the sender a moment before, while or after it can take note of that: the process
                    whose id is in FOLDER/<local part of the sender>.pid

FOLDER/hello has the name that the last sender said in EHLO.
"""

import asyncio
import itertools
import os
import pathlib
import random
import signal
import sys

from aiosmtpd.controller import Controller

port, folder, behaviour = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3].split(",")
answers = itertools.chain(behaviour, itertools.repeat(behaviour[-1]))
numbers = itertools.count()


def kill(sender):
    try:
        os.kill(int((folder / f"{sender}.pid").read_text()), signal.SIGKILL)
    except (ProcessLookupError, FileNotFoundError, ValueError):
        pass


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        session.behaviour = answer = next(answers)
        (folder / "hello").write_text(session.host_name)
        if answer.startswith("MAIL "):
            return answer.removeprefix("MAIL ")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = session.behaviour
        if answer == "silent":
            await asyncio.sleep(3600)
        if answer == "kill":
            await asyncio.sleep(0.05)
        if answer[0].isdigit() and answer != "250":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        (folder / f"{next(numbers):06}.eml").write_bytes(envelope.content.replace(b"\r\n", b"\n"))
        if session.behaviour == "drop":
            server.transport.abort()
        if session.behaviour == "kill":
            sender = envelope.mail_from.split("@")[0]
            asyncio.get_running_loop().call_later(random.uniform(0, 0.004), kill, sender)
        return "250 OK"


controller = Controller(Handler(), hostname="127.0.0.1", port=port)
controller.start()
print("ready", flush=True)
asyncio.new_event_loop().run_until_complete(asyncio.sleep(86_400))
