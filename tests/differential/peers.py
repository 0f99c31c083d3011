"""The verifiers on PyPI: answers batches of requests as compare.py asks them. Their clock is stopped at the requests' time."""

import base64
import datetime
import functools
import json
import os
import sys
import time
import types
import urllib.parse

NOW = 1_700_000_000


class StoppedDatetime(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


# Before the SDKs are imported, since they take the names with them.
time.time = lambda: float(NOW)
datetime.datetime = StoppedDatetime
os.environ.pop("TEST_MODE", None)

import standardwebhooks
import stripe
import svix.webhooks
import twilio.request_validator
from paddle_billing.Notifications import Secret, Verifier
from slack_sdk.signature import SignatureVerifier

FAMILIES = {}


def peer(family, name):
    def take(verify):
        FAMILIES.setdefault(family, []).append((f"pypi:{name}", verify))

    return take


@functools.cache
def standard(kind, secret):
    return kind(secret)


# Each gets the headers as a WSGI server hands them over: one text a name, joined by commas.


@peer("standard-webhooks", "standardwebhooks")
def _(request):
    standard(standardwebhooks.Webhook, request.secret).verify(request.body, request.headers)
    return True


@peer("svix", "svix")
def _(request):
    standard(svix.webhooks.Webhook, request.secret).verify(request.body, request.headers)
    return True


@peer("stripe", "stripe")
def _(request):
    stripe.Webhook.construct_event(request.body, request.headers.get("stripe-signature"), request.secret)
    return True


@peer("slack", "slack_sdk")
def _(request):
    return SignatureVerifier(request.secret).is_valid_request(request.body, request.headers)


@peer("paddle", "paddle-python-sdk")
def _(request):
    headers = {"Paddle-Signature": request.headers["paddle-signature"]}
    incoming = types.SimpleNamespace(body=request.body, headers=headers)
    return Verifier().verify(incoming, Secret(request.secret))


class FieldLists(dict):
    """A form as web frameworks give it: a list of values for each name."""

    getlist = dict.__getitem__


@peer("twilio", "twilio")
def _(request):
    fields = FieldLists(urllib.parse.parse_qs(request.body.decode("latin-1"), keep_blank_values=True))
    validator = twilio.request_validator.RequestValidator(request.secret)
    return validator.validate(request.url, fields, request.headers.get("x-twilio-signature", ""))


def answer(line):
    question = json.loads(line)
    headers = {}
    for name, value in question["headers"]:
        name = name.lower()
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    request = types.SimpleNamespace(
        secret=question["secret"], headers=headers, body=base64.b64decode(question["body"]), url=question["url"]
    )
    answers = []
    for name, verify in FAMILIES.get(question["family"], []):
        # Whatever it raises, the request does not go on.
        try:
            accepts = verify(request)
        except Exception:
            accepts = False
        answers.append(f"{name}={'+' if accepts else '-'}")
    return " ".join(answers)


batch = []
for line in sys.stdin:
    if line != "\n":
        batch.append(line)
        continue
    sys.stdout.write("".join(answer(line) + "\n" for line in batch))
    sys.stdout.flush()
    batch = []
