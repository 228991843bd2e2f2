"""One connection: uvicorn's own protocol, but for two moments in which it would leave its client without an answer of ours.

What is no HTTP (TLS to the plain port, a chunk that ends wrongly, a header without a name) is told as every other fault is, and
counted with them. A client that says that it has sent all (`shutdown(SHUT_WR)`) and waits is answered, where uvicorn takes it
for one that left. Whoever did leave costs what they always did: what they asked is finished, and an answer to nobody is dropped.
"""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from serving import problems
from serving.headers import told_headers
from serving.upgrade import NoUpgrade

PROBLEM = problems.malformed(
    "what came is no HTTP/1.1 request, or a part of it is not as HTTP has it: mend the client; where it speaks TLS, send it to "
    "the proxy that ends it",
    code="not_http",
)
CLOSE = {"Connection": "close"}


def connections_of(front: Any) -> type[HttpToolsProtocol]:
    """The protocol of a server that `front` stands before, which counts by the front's parts."""

    class Connection(NoUpgrade):
        """See this module."""

        def eof_received(self) -> bool:  # type: ignore[override]
            """Whether the connection stays open for an answer."""
            return self._is_owed()

        def send_400_response(self, msg: str) -> None:
            """Answer what is no HTTP. What was asked before it is answered instead, and ends the connection: a client would take
            this for the answer to that."""
            if self._is_owed():
                return
            request_id = token_hex(16)
            body = problems.encode(PROBLEM, request_id)
            told = [*self.server_state.default_headers, *told_headers(problems.MEDIA_TYPE, body, request_id, CLOSE)]
            head = b"".join(b"%s: %s\r\n" % each for each in told)
            self.transport.write(b"%s%s\r\n%s" % (STATUS_LINE[PROBLEM.status], head, body))
            self.transport.close()
            if front.parts is not None:
                front.parts.metrics.answered("none", PROBLEM.status, 0.0)
                front.parts.metrics.problems.labels(PROBLEM.code).inc()

        def _is_owed(self) -> bool:
            """Whether a request came whole and waits for its answer, which then is the connection's last."""
            last = self.cycle
            if last is None or last.response_complete or last.more_body:
                return False
            last.keep_alive = False
            return True

    return Connection
