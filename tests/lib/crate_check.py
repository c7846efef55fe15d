# SPDX-License-Identifier: GPL-2.0-or-later
# crate_check.py CRATE: the RO-Crate validator (roc-validator, PyPI) on a crate, for the profile Workflow Run Crate. Prints a line
# for each check that did not hold. Nothing is asked of the network: the one document that it wants, the context of RO-Crate 1.1,
# comes from ro-crate-py (rocrate, PyPI).
import io, pathlib, sys
import requests, requests.adapters, urllib3
import rocrate

CONTEXTS = {"https://w3id.org/ro/crate/1.1/context": pathlib.Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"}


def send(self, request, **_):
    path = CONTEXTS.get(request.url)
    if path is None:
        raise requests.ConnectionError(f"no network for tests: {request.url}")
    return self.build_response(request, urllib3.HTTPResponse(
        body=io.BytesIO(path.read_bytes()), headers={"Content-Type": "application/ld+json"}, status=200, preload_content=False))


requests.adapters.HTTPAdapter.send = send
from rocrate_validator import models, services

settings = services.ValidationSettings(
    rocrate_uri=sys.argv[1], profile_identifier="workflow-run-crate", requirement_severity=models.Severity.RECOMMENDED,
    abort_on_first=False)
result = services.validate(settings)
issues = sorted({f"{issue.severity.name} {issue.message}" for issue in result.get_issues()})
print("\n".join(issues) if issues else "valid")
sys.exit(any(i.startswith("REQUIRED") for i in issues))
