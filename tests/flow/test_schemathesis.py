"""Schemathesis, whom nobody here wrote, on the whole document: `make schemathesis` installs it; elsewhere this is left out.

Each of the five keys asks every call, with requests as the document wants them and with others. Checked are the answers: no
5xx, nothing undocumented, each of its schema and media type.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from serving import keys
from tests.flow import served_home
from tests.flow.ports import free_port
from tests.flow.test_service import RUN, wait_until_ready
from tests.house.rooms import ROOT

ST = Path(sys.executable).with_name("st")
N_EXAMPLES = os.environ.get("DAYPART__SCHEMATHESIS_EXAMPLES", "20")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"

pytestmark = pytest.mark.skipif(not ST.exists(), reason="schemathesis is not here: make schemathesis")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(base URL, a key by scope) of a service that slows nobody down."""
    home = tmp_path_factory.mktemp("conforming")
    secrets, port = served_home.fill(home), free_port()
    own = {
        "DAYPART_HOME": str(home),
        "DAYPART_PORT": str(port),
        "DAYPART_CAMPAIGNS": str(home),
        "DAYPART_RATE_LIMITS": "",
    }
    url = f"http://127.0.0.1:{port}"
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN], cwd=home, env={**os.environ, **own, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log
        )  # fmt: skip
        try:
            wait_until_ready(process, url, home / "log")
            yield url, secrets
        finally:
            process.terminate()
            process.wait(timeout=60)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scope", keys.SCOPES)
def test_nothing_but_what_the_document_says(served, scope, tmp_path):
    url, secrets = served
    command = [
        str(ST), "run", f"{url}/v1/openapi.json", "--header", f"Authorization: Bearer {secrets[scope]}", 
        # Asked for an answer within a millisecond, anybody is late.
        "--header", "X-Deadline-Ms: 3000", "--checks", CHECKS,
        "--mode", "all", "--max-examples", N_EXAMPLES, "--seed", "1", "--phases", "examples,coverage,fuzzing",
        "--suppress-health-check", "all", "--continue-on-failure", "--request-timeout", "30", "--no-color",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    told = ran.stdout.replace(secrets[scope], "…")
    sys.stderr.write(f"\n{scope}: {' '.join(re.findall(r'(?:[0-9,]+ generated.*|Operations:.*|Tested: .*)', told))}\n")
    assert ran.returncode == 0, told[-20_000:]
    assert httpx.get(f"{url}/livez").status_code == 200
