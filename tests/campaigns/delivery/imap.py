"""A small IMAP server for tests: one folder, and of RFC 3501 what a reader of returned mails uses."""

import re
import socket
import threading


class Imap:
    def __init__(self, mails, password="pw"):
        self.mails = dict(enumerate(mails, 1))
        self.flags = {uid: set() for uid in self.mails}
        self.password = password
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        lines = sock.makefile("rb")
        sock.sendall(b"* OK ready\r\n")
        for line in lines:
            tag, _, command = line.decode().strip().partition(" ")
            verb = command.upper()
            sock.sendall(self._answer(command, verb) + f"{tag} {self._verdict(command, verb)}\r\n".encode())
            if verb.startswith("LOGOUT"):
                break
        sock.close()

    def _verdict(self, command, verb):
        if verb.startswith("LOGIN") and self.password not in command:
            return "NO wrong"
        return "NO no such folder" if verb.startswith("SELECT") and "INBOX" not in command else "OK done"

    def _answer(self, command, verb):
        if verb.startswith("CAPABILITY"):
            return b"* CAPABILITY IMAP4rev1\r\n"
        if verb.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if verb.startswith("UID SEARCH"):
            new = [str(uid) for uid, flags in self.flags.items() if not flags & {"\\Seen", "\\Deleted"}]
            return f"* SEARCH {' '.join(new)}\r\n".encode()
        if verb.startswith("UID FETCH"):
            uid, most = map(int, re.search(r"FETCH (\d+) .*<0\.(\d+)>", command).groups())
            raw = self.mails[uid][:most]
            return f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        if verb.startswith("UID STORE"):
            uid = int(re.search(r"STORE (\d+)", command).group(1))
            self.flags[uid] |= set(re.findall(r"\\\w+", command))
        if verb.startswith("EXPUNGE"):
            for uid in [uid for uid, flags in self.flags.items() if "\\Deleted" in flags]:
                del self.mails[uid], self.flags[uid]
        return b""
