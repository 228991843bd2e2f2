"""What must be settled before the first test of a process is collected."""

import os

# Before numpy: fits repeat themselves on one thread only.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
os.environ["TZ"] = "UTC"

# Before Feast, which sets the variable that turns every later metric into a file shared between processes.
import prometheus_client.values  # noqa: F401
