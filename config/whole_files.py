"""The filesystem broker with messages that appear whole.

kombu's own opens the message under its final name and then writes: a reader in between takes an empty file, cannot
parse it, and the worker ends. Here a message is written beside and then named: a reader finds all of it or none.
`config.celery` puts this in the place of `filesystem://`.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """A channel whose files are never seen half written."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        part = folder / f"{name}.part"  # no queue's name ends so: nobody takes it
        part.write_bytes(str_to_bytes(dumps(payload)))
        part.rename(folder / name)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        file: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]  # newer than its stubs
        self.control_folder.mkdir(exist_ok=True)
        if not file.exists():
            part = file.with_name(f"{file.name}.{uuid.uuid4()}.part")
            part.write_text("[]")
            with contextlib.suppress(FileExistsError):  # another process was faster
                os.link(part, file)
            part.unlink()
        super()._queue_bind(exchange, routing_key, pattern, queue)  # under the file's lock, as it is there now


class Transport(filesystem.Transport):
    """`filesystem://`, by our channel."""

    Channel = Channel
