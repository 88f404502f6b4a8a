"""What tests/upgrade/prove runs: two nodes of one service, replaced one after the other under load."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

PREVIOUS, NEW = sys.argv[1:]
PASSWORD = "correct horse battery staple"
MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Postgres:
    """A throw-away cluster."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if as_user:
            shutil.chown(folder, "postgres")
        data = folder / "data"
        subprocess.run([*as_user, binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL)
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}", "-c", "unix_socket_directories=",
                   "-c", "fsync=off"]
        self.server = subprocess.Popen([*as_user, binaries / "postgres", "-D", data, *options], stderr=subprocess.DEVNULL)
        while subprocess.run([binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            time.sleep(0.1)
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"


class Node:
    """One server; `start` puts it behind the balancer, `stop` takes it out before it ends."""

    def __init__(self, folder, database, balancer):
        self.folder, self.balancer = folder, balancer
        self.settings = {
            "AUTH_LISTEN": "127.0.0.1:0", "AUTH_DATABASE_URL": database, "AUTH_SECRET_KEY": MASTER_KEY,
            "AUTH_HASH_MEMORY_KIB": "8192", "AUTH_HASH_PASSES": "1", "AUTH_PUBLIC_URL": "http://127.0.0.1:1",
        }

    def start(self, binary):
        log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([binary], env=self.settings, cwd=self.folder, stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on "):
            sys.exit(f"{binary} does not start: {(self.folder / 'log').read_text()[-2000:]}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.url = line.removeprefix("listening on ").strip()
        self.balancer.append(self.url)

    def stop(self):
        self.balancer.remove(self.url)
        time.sleep(0.5)
        self.process.terminate()
        self.process.wait(30)

    def run(self, binary, *arguments):
        subprocess.run([binary, *arguments], env=self.settings, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)


class Load(threading.Thread):
    """A user who refreshes, asks who they are, and now and then logs in."""

    def __init__(self, name, balancer):
        super().__init__(daemon=True)
        self.name_, self.balancer = name, balancer
        self.good = self.busy = 0
        self.failed, self.ended = None, False

    def ask(self, number, path, body=None, token=None):
        for _ in range(20):
            url = self.balancer[number % len(self.balancer)]
            headers = {"Content-Type": "application/json"}
            if token:
                headers["Authorization"] = f"Bearer {token}"
            request = urllib.request.Request(url + path, json.dumps(body).encode() if body else None, headers)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    self.good += 1
                    return json.load(answer)["data"]
            except urllib.error.HTTPError as error:
                if error.code != 503 or "Retry-After" not in error.headers:
                    raise RuntimeError(f"{path}: {error.code} {error.read()!r}") from error
                self.busy += 1
                time.sleep(float(error.headers["Retry-After"]))
        raise RuntimeError(f"{path}: 503 twenty times")

    def login(self, number):
        return self.ask(number, "/auth/login", {"email": self.name_, "password": PASSWORD})["tokens"]

    def run(self):
        try:
            email = f"{self.name_}@example.org"
            self.ask(0, "/auth/register", {"username": self.name_, "email": email, "password": PASSWORD})
            tokens, number = self.login(0), 0
            while not self.ended:
                number += 1
                tokens = self.ask(number, "/auth/refresh", {"token": tokens["refreshToken"]})["tokens"]
                self.ask(number + 1, "/auth/me", token=tokens["accessToken"])
                if number % 10 == 0:
                    self.login(number)
                time.sleep(0.01)
        except Exception as error:  # told by the main thread
            self.failed = error


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="auth-upgrade-", dir="/var/tmp"))
    folder.chmod(0o755)
    (folder / "postgres").mkdir()
    postgres = Postgres(folder / "postgres")
    balancer, nodes = [], []
    for name in ("one", "two"):
        (folder / name).mkdir()
        nodes.append(Node(folder / name, postgres.url, balancer))
    versions = [re.sub(r"\s+", " ", subprocess.run([binary, "--version"], capture_output=True, text=True).stdout) for binary in (PREVIOUS, NEW)]
    print("previous:", versions[0], " new:", versions[1])
    loads = []
    try:
        for node in nodes:
            node.start(PREVIOUS)
        loads = [Load(f"user-{number}", balancer) for number in range(4)]
        for load in loads:
            load.start()

        def step(what):
            time.sleep(3)
            for load in loads:
                if load.failed:
                    sys.exit(f"after {what!r}: {load.name_} failed: {load.failed}")
            print(f"{what}: {sum(load.good for load in loads)} good answers so far, "
                  f"{sum(load.busy for load in loads)} times 503 with Retry-After", flush=True)

        step("both nodes of the previous version")
        nodes[0].run(NEW, "migrate")
        step("the schema is new, both nodes are old")
        for node in nodes:
            node.stop()
            node.start(NEW)
            step("one more node is new")
        for node in nodes:
            node.stop()
            node.start(PREVIOUS)
            step("rolled back: one more node is old, the schema is new")
        for node in nodes:
            node.stop()
            node.start(NEW)
            step("one more node is new again")
        for load in loads:
            load.ended = True
            load.join(60)
        step("all")
    finally:
        for node in nodes:
            if hasattr(node, "process"):
                node.process.kill()
        postgres.server.terminate()
        postgres.server.wait()
        shutil.rmtree(folder, ignore_errors=True)


main()
