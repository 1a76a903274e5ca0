"""What is open, as a context: closed at its end."""

from __future__ import annotations

from abc import abstractmethod
from types import TracebackType
from typing import Self


class Closing:
    """Something that is closed where its `with` ends."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held. Closing twice is allowed."""

    def __enter__(self) -> Self:
        """Return the object itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, whatever was raised."""
        self.close()
