"""What must be settled before the first test of a process is collected."""

import os
import socket
import threading

# Before numpy: fits repeat themselves on one thread only.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ["TZ"] = "UTC"

# Before Feast, which sets the variable that turns every later metric into a file shared between processes.
import prometheus_client.values  # noqa: F401
import pytest
from hypothesis import settings

# No test is timed: a busy machine is no fault.
settings.register_profile("daypart", deadline=None)
settings.load_profile("daypart")


@pytest.fixture
def silent():
    """A port where everybody is heard and nobody answered, and the connections it got."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        heard = []

        def hear():
            while True:
                try:
                    heard.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=hear, daemon=True).start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
