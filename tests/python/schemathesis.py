"""Runs Schemathesis over the served OpenAPI file: no 5xx, no answer outside the schema.

Three runs, since each needs another caller and logging out must come last.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

url, access_token, internal_token = sys.argv[1:]
checks = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "documented_error_code",
]
logout = "^/auth/(logout|logout-all|delete|sessions/.*)$"
runs = [
    (internal_token, ["--include-tag", "services"]),
    (access_token, ["--exclude-tag", "services", "--exclude-path-regex", logout]),
    (access_token, ["--exclude-tag", "services", "--include-path-regex", logout]),
]
here = str(pathlib.Path(__file__).parent)
environment = {**os.environ, "SCHEMATHESIS_HOOKS": "documented_codes", "PYTHONPATH": here, "PYTHONDONTWRITEBYTECODE": "1"}
scratch = tempfile.TemporaryDirectory()
schemathesis = pathlib.Path(sys.executable).with_name("schemathesis")
for token, selection in runs:
    command = [schemathesis, "run", f"{url}/auth/doc/openapi.json", "--checks", ",".join(checks)]
    command += ["--header", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing"]
    command += ["--max-examples", "40", "--seed", "42", "--suppress-health-check", "all", "--no-color", *selection]
    if subprocess.run(command, check=False, cwd=scratch.name, env=environment).returncode != 0:
        sys.exit(f"Schemathesis failed with {selection}")
