"""Makes an export of many accounts, each with a session, out of one of one account, read from standard input.

python3 multiply.py COUNT FILE
"""

import hashlib
import json
import sys

count, file = int(sys.argv[1]), sys.argv[2]
lines = [json.loads(line) for line in sys.stdin]
header, manifest = lines[0]["export"], lines[-1]["manifest"]
rows = {line["row"]["table"]: line["row"]["columns"] for line in lines[1:-1]}
account, session = rows["accounts"], rows["sessions"]
tables = {name: [0, 0] for name in manifest["tables"]}


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def write(out, table, columns):
    text = dump(columns)
    summary = tables[table]
    summary[0] += 1
    # A sum modulo 2^256 of little-endian numbers, as the service reckons it.
    summary[1] = (summary[1] + int.from_bytes(hashlib.sha256(text.encode()).digest(), "little")) % (1 << 256)
    out.write('{"row":{"table":"%s","columns":%s}}\n' % (table, text))


with open(file, "w") as out:
    header["rows"] = 3 * count + 1
    out.write(dump({"export": header}) + "\n")
    # Before the accounts, as the service does: it makes those that are missing.
    for number in range(count):
        write(out, "names", {"account_id": "01990000-0000-7000-8000-%012x" % number, "kind": "email",
                             "name": f"user-{number}@example.org"})
    for number in range(count):
        account_id = "01990000-0000-7000-8000-%012x" % number
        email = f"user-{number}@example.org"
        write(out, "accounts", account | {"id": account_id, "email": email, "email_key": email,
                                          "username": None, "username_key": None})
    for number in range(count):
        write(out, "sessions", session | {"id": "01990000-0000-7000-9000-%012x" % number,
                                          "account_id": "01990000-0000-7000-8000-%012x" % number})
    write(out, "signing_keys", rows["signing_keys"])
    manifest["tables"] = {name: {"rows": rows_, "checksum": sum_.to_bytes(32, "little").hex()}
                          for name, (rows_, sum_) in tables.items()}
    out.write(dump({"manifest": manifest}) + "\n")
