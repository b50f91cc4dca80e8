"""A Postfix of our own on loopback, as relay and as remote, and a Dovecot that serves the mailbox its bounces go to.

Nothing of the machine's own mail service is touched: configuration, queue, mail and logs lie in one folder, ports are
free ones. Both must be started by root, as their programs change to users of their own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.ports import free_port

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/mail.log
maillog_file_prefixes = /tmp, /var
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.brand.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
biff = no
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtp_host_lookup = native
smtp_dns_support_level = disabled
default_process_limit = 40
recipient_delimiter = +
transport_maps = regexp:{folder}/transport
virtual_mailbox_domains = mail.brand.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = regexp:{folder}/boxes
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""

MASTER = """
{relay} inet n - n - - smtpd -o syslog_name=relay
{remote} inet n - n - - smtpd -o syslog_name=remote -o content_filter=discard:
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:{folder}/people,permit
  -o smtpd_relay_restrictions=permit_mynetworks,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

# What the remote says of whom: the user part decides.
PEOPLE = """
/^gone/ 550 5.1.1 No such user here
/^full/ 552 5.2.2 Mailbox is full
/^spam/ 550 5.7.1 Message refused by policy
"""

DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
protocols = imap
listen = 127.0.0.1
mail_location = maildir:{folder}/mail/bounces
first_valid_uid = 1
default_login_user = dovenull
default_internal_user = dovecot
default_internal_group = dovecot
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
"""


class Post:
    """The two servers and their ports: `relay` takes our mails, `imap` hands out what came back."""

    def __init__(self, folder: Path) -> None:
        for program in ("postfix", "dovecot"):
            assert shutil.which(program), f"No {program} found. Install it: apt-get install postfix dovecot-imapd"
        assert os.geteuid() == 0, "Postfix must be started by root"
        self.folder = folder
        self.relay, self.remote, self.imap = (free_port() for _ in range(3))
        self._write()
        out = (folder / "dovecot.out").open("w")
        self._dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(folder / "dovecot.conf")], stdout=out, stderr=out)
        self._postfix("start")
        for port in (self.relay, self.remote, self.imap):
            wait_for(port)

    def _write(self) -> None:
        folder, nobody = self.folder, pwd.getpwnam("nobody")
        folder.chmod(0o755)
        for name, owner in (("conf", None), ("queue", None), ("data", "postfix"), ("mail", "nobody"), ("run", None)):
            (folder / name).mkdir()
            if owner:
                shutil.chown(folder / name, owner)
        values = {
            "folder": folder, "relay": f"127.0.0.1:{self.relay}", "remote": f"127.0.0.1:{self.remote}",
            "imap": self.imap, "uid": nobody.pw_uid, "gid": nobody.pw_gid,
            "daemons": subprocess.check_output(["postconf", "-h", "daemon_directory"], text=True).strip(),
        }  # fmt: skip
        (folder / "conf" / "main.cf").write_text(MAIN.format(**values))
        (folder / "conf" / "master.cf").write_text(MASTER.format(**values))
        (folder / "people").write_text(PEOPLE)
        (folder / "boxes").write_text("/^b(\\+|@)/ bounces/\n")
        (folder / "transport").write_text(f"/@mail\\.brand\\.example$/ virtual:\n/./ smtp:[127.0.0.1]:{self.remote}\n")
        (folder / "dovecot.conf").write_text(DOVECOT.format(**values))

    def _postfix(self, verb: str) -> None:
        said = self.folder / "postfix.out"  # no pipe: the daemons keep it open
        with said.open("a") as out:
            done = subprocess.run(
                ["postfix", "-c", str(self.folder / "conf"), verb], stdout=out, stderr=out, timeout=60
            )
        assert done.returncode == 0, said.read_text()

    def log(self) -> str:
        return (self.folder / "mail.log").read_text(errors="replace")

    def queued(self) -> int:
        """Return how many mails lie in the queue still."""
        places = [self.folder / "queue" / name for name in ("maildrop", "incoming", "active", "deferred")]
        return sum(len(names) for place in places for _path, _folders, names in os.walk(place))

    def wait_until_empty(self, seconds: float) -> None:
        until, seen_empty = time.monotonic() + seconds, 0
        while seen_empty < 3:  # a mail on its way from one folder to the next is in none
            seen_empty = 0 if self.queued() else seen_empty + 1
            assert time.monotonic() < until, f"{self.queued()} mails are queued still\n{self.log()[-3000:]}"
            time.sleep(0.2)

    def stop(self) -> None:
        self._postfix("stop")
        self._dovecot.terminate()
        self._dovecot.wait(timeout=10)


def wait_for(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until, f"nobody listens on port {port}"
            time.sleep(0.1)
