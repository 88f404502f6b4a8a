"""A check for Schemathesis: an error carries a code that is documented for its operation and status.

The schema of errors is one for all operations; which codes each of them answers is in its description.
"""

import re

import schemathesis


@schemathesis.check
def documented_error_code(ctx, response, case):
    document = case.operation.schema.raw_schema
    # Methods that the path does not support are tried, too.
    operation = document["paths"][case.operation.path].get(case.method.lower())
    if response.status_code < 400 or operation is None:
        return
    responses = operation["responses"]
    documented = responses.get(str(response.status_code), responses["default"])
    if "$ref" in documented:
        documented = document["components"]["responses"][documented["$ref"].rpartition("/")[2]]
    codes = re.findall("`([A-Z0-9_]+)`", documented["description"])
    code = response.json()["code"]
    assert code in codes, f"{code} is none of {', '.join(codes)}"
