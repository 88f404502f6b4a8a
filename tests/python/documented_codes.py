"""A check for Schemathesis: an error carries a code that is documented for its operation and status.

The schema of errors is one for all operations; which codes each of them answers is in the names of its examples.
"""

import schemathesis


@schemathesis.check
def documented_error_code(ctx, response, case):
    document = case.operation.schema.raw_schema
    documented = document["paths"][case.operation.path][case.method.lower()]["responses"].get(str(response.status_code))
    if response.status_code < 400 or documented is None:
        return
    if "$ref" in documented:
        documented = document["components"]["responses"][documented["$ref"].rpartition("/")[2]]
    codes = documented["content"]["application/json"]["examples"]
    code = response.json()["code"]
    assert code in codes, f"{code} is none of {', '.join(codes)}"
