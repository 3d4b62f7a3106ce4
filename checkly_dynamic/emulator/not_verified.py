"""
What the local Checkly does without a source.

Each line says what it does where Checkly's public documents are silent, so that nobody takes it for a promise of the
real service.
"""

from __future__ import annotations

NOT_VERIFIED = (
    "GET /next/accounts and /next/accounts/{id} are not in the document; they answer as /v1/accounts does.",
    "A check's status follows its last finished session alone; longestRun and shortestRun are that session's time.",
    "matchTags and checkId together: both must hold (AND). Ids that match nothing are ignored.",
    (
        "An empty matchTags or checkId list restricts nothing; an empty tag group fits every check; an empty tag fits "
        "none."
    ),
    "Negation (!tag) and group tags count in v2 and in test sessions as the document has them for v1 check sessions.",
    "Heartbeat checks, and checks of a deactivated group, are not run by a trigger.",
    "A session is STARTED in the trigger's answer, and at once final when its duration is 0.",
    (
        "PROGRESS_FAILED and PROGRESS_DEGRADED follow from the results that are already there; a retry may still make "
        "it PASSED."
    ),
    "A session runs in all locations of its check; the first location has the bad outcome.",
    "A TIMED_OUT session has results with hasErrors and aborted.",
    "completion without maxWaitSeconds waits 30 seconds.",
    "The v1 408 carries Retry-After: 1, the v2 408 carries none; 429 carries Retry-After in seconds.",
    (
        "The rate limit counts all requests together in a sliding window of 60 seconds; the real routes may have "
        "limits of their own."
    ),
    "Bad requests get 400 with statusCode, error and message on v1 routes too, where the document lists no 400.",
    "Unknown keys in a request body and unknown query parameters are ignored.",
    "A request without the X-Checkly-Account header gets 401; GET /v1/locations needs no key.",
    "Bodies above 1 MiB get 413.",
    "Content-Range reads first-last/total, with numbers from 0.",
    (
        "GET /v1/checks?tag= looks at a check's own tags only; applyGroupSettings adds the tags and the activation of "
        "its group."
    ),
    "Cancel stops Playwright Check Suites 0.2 seconds later; the sequenceId of a check result is the id of its session.",
    (
        "timeElapsed is the wall time of the session; responseTime is the wall time of the result, for all kinds of "
        "checks."
    ),
    "Sessions are readable until a reset, and until 20,000 newer check sessions or 1,000 newer test sessions exist.",
    "The answer to a test-session trigger has a PENDING row for each check, unless the scenario's testSessions says no.",
    "Rows of a test session name their check in checkId, unless the scenario's testSessions says null.",
    "A PENDING row has the id of the FINAL row that replaces it; failed attempts are ATTEMPT rows before it.",
    "A test session is FAILED when a run failed or timed out, else CANCELLED when one was cancelled, else PASSED.",
    (
        "A run of a test session is tried again only if the request has a retryStrategy: a bad one as often as it allows, "
        "without a pause; onlyOn is ignored. A timed-out run is FAILED with hasErrors and aborted."
    ),
    "A trigger of test sessions that matches nothing gets 404 with the same sentence as for check sessions.",
    "Any runLocation is accepted, as private locations have names of their own; every run takes place there.",
    "A retryStrategy of null, and no other value without a type, means none.",
    "Test sessions have provider TRIGGER; the cursor of a list is the id of the next session; errorGroupId fits none.",
    "A test session does not change a check's status.",
    (
        "Details of results: assertions have source, property, comparison, target, error and actual; browser errors are "
        "objects with message and stack, multistep errors are strings, Playwright errors are objects with an error inside."
    ),
    "Agentic checks tell why they failed in assertions that did not pass.",
    "A result of a check session can be read as soon as it is there, a PENDING row of a test session at once.",
    "Two sessions of one check can run at once.",
)
