"""A partner's server on 127.0.0.1 that remembers what it was sent, and answers as it is told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks


class Receiver:
    """`answer` is a status, or a function of the message's JSON body that gives one."""

    def __init__(self, answer=204):
        self.answer, self.requests, self.told = answer, [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def handler(receiver):  # noqa: N805 - the class inside has its own self
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.append((dict(self.headers), body))
                status = receiver.answer(body) if callable(receiver.answer) else receiver.answer
                if 200 <= status < 300:
                    receiver.told.append(body)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", receiver.url + "/elsewhere")
                self.end_headers()
                self.wfile.write(b"secrets of the receiver")

            def log_message(self, *_):
                pass

        return Handler

    def verified(self, secret):
        """The bodies that Standard Webhooks' own verifier takes, read."""
        return [standardwebhooks.Webhook(secret).verify(body, headers) for headers, body in self.requests]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
