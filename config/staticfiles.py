"""Static files: hashed and compressed once collected, plain and straight from the packages before that."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedOnceCollected(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's manifest storage that also works on a fresh clone, where nothing was collected yet.

    Without a manifest the plain name is used, and WhiteNoise serves the file from where it was installed.
    """

    def stored_name(self, name: str) -> str:
        if not self.hashed_files:
            return name
        return str(super().stored_name(name))
