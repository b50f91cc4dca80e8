"""Servers that speak the networks' own protocols, on this machine: an AT-Protocol one, a Mastodon, and bad ones.

Bluesky    arroba serves the repositories (com.atproto.repo.*); resolveHandle and getRelationships, which only an
           AppView has, are ours, on the same lexrpc server, which checks both ways by the published lexicons
Mastodon   mastodon-mock: apps, OAuth, accounts, relationships
"""

import contextlib
import os
import socket
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


@contextlib.contextmanager
def own_timeouts():
    """Keep what an import does to every socket of the process to itself: webutil gives each a timeout of 15 s.

    A server of another test that waited longer for its next connection then ended, and nobody answered any more.
    """
    read, timeout = socket.getdefaulttimeout, socket.getdefaulttimeout()
    try:
        yield
    finally:
        socket.getdefaulttimeout = read
        socket.setdefaulttimeout(timeout)


class Bluesky:
    """Repositories and an AppView. `appview_is_up` takes the AppView away, not the repositories."""

    def __init__(self):
        warnings.filterwarnings("ignore", module="webutil|websockets")
        with own_timeouts():
            from arroba import server, util, xrpc_repo, xrpc_server  # noqa: F401 - they register their methods
            from arroba.repo import Repo
            from arroba.storage import MemoryStorage
            from flask import Flask, abort, jsonify
            from lexrpc.flask_server import init_flask
            from werkzeug.serving import make_server

        self.Repo, self.key = Repo, util.new_key(seed=2349872879569)
        os.environ["REPO_TOKEN"] = self.token = "towel"
        self.storage = server.storage = MemoryStorage()
        self.dids, self.appview_is_up = {}, True
        if "app.bsky.graph.getRelationships" not in server.server._methods:
            server.server.method("com.atproto.identity.resolveHandle")(lambda _in, handle: self_of().resolve(handle))
            server.server.method("app.bsky.graph.getRelationships")(
                lambda _in, actor, others=(): self_of().relationships(actor, others)
            )
        Bluesky.current = self
        app = Flask("bluesky")

        @app.get("/did:plc:<name>")
        def document(name):
            did = f"did:plc:{name}"
            if did not in self.dids.values():
                abort(404)
            service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
            return jsonify(id=did, alsoKnownAs=[], service=[service])

        init_flask(server.server, app)
        self.http = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.http.port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def add(self, handle):
        did = "did:plc:" + handle.split(".")[0].ljust(24, "a")
        if handle not in self.dids:
            self.Repo.create(self.storage, did, signing_key=self.key, handle=handle)
            self.dids[handle] = did
        return did

    def write(self, handle, collection, record, **key):
        answer = requests.post(
            f"{self.url}/xrpc/com.atproto.repo.{'putRecord' if key else 'createRecord'}",
            json={"repo": self.dids[handle], "collection": collection, "record": record, **key},
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=5,
        )
        answer.raise_for_status()

    def say(self, handle, description):
        record = {"$type": "app.bsky.actor.profile", "displayName": handle, "description": description}
        self.write(handle, "app.bsky.actor.profile", record, rkey="self")

    def follow(self, handle, other):
        record = {
            "$type": "app.bsky.graph.follow", "subject": self.dids[other], "createdAt": "2026-05-01T09:00:00.000Z"
        }  # fmt: skip
        self.write(handle, "app.bsky.graph.follow", record)

    def resolve(self, handle):
        if handle not in self.dids:
            raise ValueError("Unable to resolve handle")
        return {"did": self.dids[handle]}

    def relationships(self, actor, others):
        from flask import abort

        if not self.appview_is_up:
            abort(503)
        repo = self.storage.load_repo(actor)
        follows = repo.get_contents().get("app.bsky.graph.follow", {})
        found = []
        for other in [others] if isinstance(others, str) else others:
            key = next((key for key, record in follows.items() if record["subject"] == other), None)
            row = {"$type": "app.bsky.graph.defs#relationship", "did": other}
            if key:
                row["following"] = f"at://{actor}/app.bsky.graph.follow/{key}"
            found.append(row)
        return {"actor": actor, "relationships": found}


def self_of():
    return Bluesky.current


class Bad:
    """A server that does what `way` says: hang, drip, redirect, huge, garbage, error, busy, closed."""

    def __init__(self, way):
        bad = self
        self.asked = []

        class Answer(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                bad.asked.append(self.path)
                getattr(self, way)()

            do_POST = do_GET

            def hang(self):
                bad.over.wait(20)

            def drip(self):
                self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not bad.over.wait(0.1):
                    self.wfile.write(b" ")
                    self.wfile.flush()

            def redirect(self):
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1:1/secret")
                self.end_headers()

            def huge(self):
                self.send_response(200)
                self.end_headers()
                for _ in range(160):
                    self.wfile.write(b"[" * 65_536)  # 10 MB

            def garbage(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"\xff\xfe<html>\x00 not json")

            def error(self):
                self.send_error(500)

            def busy(self):
                self.send_response(429)
                self.send_header("Retry-After", "1800")
                self.end_headers()

            def closed(self):
                self.connection.shutdown(socket.SHUT_RDWR)

        self.over = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.http.handle_error = lambda *args: None
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.over.set()
        self.http.shutdown()
        self.http.server_close()
