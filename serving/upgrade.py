"""Who asks for another protocol beside their request (`curl --http2` does, by `Upgrade: h2c`) is answered in HTTP/1.1, as RFC
9110, 7.8, lets a server do. The parser beneath takes all that comes after such a head for the other protocol's, the body too.

So it reads that head once more without the header that asks, and then what follows. WebSockets and CONNECT stay as they were.
"""

from __future__ import annotations

from typing import Any

from httptools import HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class NoUpgrade(HttpToolsProtocol):
    """uvicorn's own, which takes no notice of who asks for a protocol that it doesn't speak."""

    is_asked_again = False
    """Whether the head that was read last is such a one, and is read once more."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.parser = Parser(self)

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        asks = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        self.is_asked_again = asks and not self._should_upgrade()
        if not self.is_asked_again:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request came whole."""
        if not self.is_asked_again:
            super().on_message_complete()


class Parser(HttpRequestParser):
    """The parser of such a connection."""

    def __init__(self, connection: NoUpgrade) -> None:
        super().__init__(connection)
        self._connection = connection
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it

    def feed_data(self, data: Any) -> None:
        """See httptools. Raises HttpParserError, HttpParserUpgrade."""
        rest = memoryview(data)
        while True:
            try:
                super().feed_data(rest)
            except HttpParserUpgrade as asked:
                if not self._connection.is_asked_again:
                    raise
                rest = rest[asked.args[0] :]
                super().feed_data(self._head())
            else:
                return

    def _head(self) -> bytes:
        connection, version = self._connection, self.get_http_version().encode()
        lines = [b"%s %s HTTP/%s" % (self.get_method(), connection.url, version)]
        lines += [b"%s: %s" % each for each in connection.headers if each[0] != b"upgrade"]
        return b"\r\n".join((*lines, b"", b""))
