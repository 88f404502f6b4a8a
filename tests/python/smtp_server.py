"""A real SMTP server that keeps each mail in a file and misbehaves as told.

smtp_server.py PORT FOLDER BEHAVIOUR, where BEHAVIOUR is what it says to RCPT, word by word and mail by
mail: "250" accepts, anything else is the answer given; the last word goes on for ever.
"""

import asyncio
import itertools
import pathlib
import sys

from aiosmtpd.controller import Controller

port, folder, behaviour = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3].split(",")
answers = itertools.chain(behaviour, itertools.repeat(behaviour[-1]))
numbers = itertools.count()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = next(answers)
        if answer != "250":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        (folder / f"{next(numbers)}.eml").write_bytes(envelope.content)
        return "250 OK"


controller = Controller(Handler(), hostname="127.0.0.1", port=port)
controller.start()
print("ready", flush=True)
asyncio.new_event_loop().run_until_complete(asyncio.sleep(600))
