"""Drives the `receiver` and `sign` examples with the SDKs that providers publish on PyPI. `run` starts it:

    python interop.py RECEIVER SIGN CONFIG [CASE-NAME-PART]

Each case goes both ways: the SDK signs and the receiver accepts over a real socket; `sign` signs and the SDK accepts.
Both ways a changed body byte, a wrong secret and an hour-old timestamp must be refused.

These only verify: dodopayments, squareup, django-anymail (not a provider's own, but the verifier that most of Python
uses for Mandrill, Mailgun and Postmark). For them the signature is made by hand (`by_hand`), and the SDK must vouch for
the request before it is sent. Adyen and paddle-python-sdk compute the signature; only its place in the request is ours.
"""

import base64
import functools
import hashlib
import hmac
import http.client
import json
import os
import queue
import re
import secrets
import subprocess
import sys
import threading
import time
import tomllib
import types
import urllib.parse
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata

PUBLIC_URL = "https://hooks.example.com"
FORM = "application/x-www-form-urlencoded"
HOUR = 3600
SIGNED_IN_BODY = ["adyen", "braintree", "mailgun"]


# ---- small tools


class Broken(Exception):
    """A promise that does not hold."""


def need(condition, reason):
    if not condition:
        raise Broken(reason)


def same(what, found, wanted):
    need(found == wanted, f"{what} is {found!r}, not {wanted!r}")


def now():
    return int(time.time())


def unique():
    return str(uuid.uuid4())


def letters(length):
    """As long as the challenges that providers send; it is hex, which each of them allows."""
    return secrets.token_hex(length)[:length]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def mac(hash_name, key, text):
    key = key.encode() if isinstance(key, str) else key
    return hmac.new(key, text.encode(), hash_name)


def mac_base64(hash_name, key, text):
    return base64.b64encode(mac(hash_name, key, text).digest()).decode()


def fields_of(body):
    return dict(urllib.parse.parse_qsl(body, keep_blank_values=True))


# ---- the configuration, so that each secret is written once


@dataclass
class Endpoint:
    provider: str
    name: str
    url: str
    secret: str
    parts: dict


def read_endpoints(file):
    with open(file, "rb") as config:
        blocks = tomllib.load(config)["endpoint"]
    plain = lambda text: text.removeprefix("plain:")
    endpoints = {}
    for block in blocks:
        secret = block["secrets"][0]
        secret = secret if isinstance(secret, dict) else {"value": secret}
        endpoints[block["provider"]] = Endpoint(
            provider=block["provider"],
            name=block["name"],
            url=PUBLIC_URL + block["path"],
            secret=plain(secret["value"]),
            parts={name: plain(value) for name, value in secret.get("parts", {}).items()},
        )
    return endpoints


def right(secret):
    return secret


def wrong(secret):
    """Keeps the form (hex, base64, text) that the secret has."""
    at = len(secret) - 6
    return secret[:at] + ("2" if secret[at] == "1" else "1") + secret[at + 1 :]


# ---- requests


@dataclass
class Request:
    endpoint: Endpoint
    url: str
    headers: dict
    body: str
    method: str = "POST"
    id: str | None = None

    def with_headers(self, headers):
        return replace(self, headers=self.headers | headers)


def post(provider, body, headers=(), query="", id=None):
    endpoint = ENDPOINTS[provider]
    return Request(endpoint, endpoint.url + query, {"content-type": "application/json"} | dict(headers), body, id=id)


def post_json(provider, value, **more):
    return post(provider, json.dumps(value, ensure_ascii=False), **more)


def post_form(provider, fields, **more):
    return post(provider, urllib.parse.urlencode(fields), headers={"content-type": FORM}, **more)


# Every signed body contains this text, so a changed byte leaves valid JSON and only the signature can tell.
MARK = "interop"
NOTE = f'{MARK} ♥ "quoted" \\ and/or'


def change_byte(request):
    need(MARK in request.body, f'the body has no "{MARK}" to change')
    return replace(request, body=request.body.replace(MARK, "interoq", 1))


# ---- the two programs


@dataclass
class Answer:
    status: int
    text: str
    lines: list = field(default_factory=list)
    complaint: str = ""


class Receiver:
    def __init__(self, program, config):
        self.lines = queue.Queue()
        self.complaints = []
        self.process = subprocess.Popen(
            [program, "--config", config, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        port = queue.Queue()
        in_background(self.read_stdout)
        in_background(self.read_stderr, port)
        try:
            self.port = port.get(timeout=10)
        except queue.Empty:
            self.port = None
        if self.port is None:
            self.stop()
            raise Broken(f"it does not listen: {' | '.join(self.complaints)}")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def read_stdout(self):
        for line in self.process.stdout:
            try:
                self.lines.put(json.loads(line))
            except ValueError:
                self.lines.put({"not_json": line})

    def read_stderr(self, port):
        for line in self.process.stderr:
            self.complaints.append(line.rstrip("\n"))
            found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)", self.complaints[-1])
            if found:
                port.put(int(found[1]))
        port.put(None)

    def deliver(self, request):
        """Sends a request; gives the answer, the lines it caused on stdout and what the receiver said on stderr."""
        said = len(self.complaints)
        answer = self.send(request)
        answer.lines = self.lines_until_fence()
        answer.complaint = " | ".join(self.complaints[said:])
        return answer

    def send(self, request):
        need(request.url.startswith(PUBLIC_URL), f"the URL is {request.url}")
        # What a proxy or an attacker writes here must not matter.
        lies = {"host": "wrong.example.org", "x-forwarded-host": "wrong.example.org", "x-forwarded-proto": "http"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            path = request.url.removeprefix(PUBLIC_URL)
            connection.request(request.method, path, request.body.encode() or None, lies | request.headers)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        finally:
            connection.close()

    def lines_until_fence(self):
        """ "No line was printed" can only be told by a later line: the fence's."""
        fence = post_json("qiscus", {"fence": unique()})
        signature = mac("sha256", fence.endpoint.secret, fence.body).hexdigest()
        answer = self.send(fence.with_headers({"qiscus-sdk-signature": signature}))
        need(answer.status == 200, f"the fence delivery was answered {answer.status}: {self.complaints[-1:]}")
        lines = []
        while True:
            try:
                line = self.lines.get(timeout=5)
            except queue.Empty:
                raise Broken("no line for the fence delivery on stdout within 5 s") from None
            if line.get("body_sha256") == sha256(fence.body):
                return lines
            lines.append(line)


def in_background(work, *args):
    threading.Thread(target=work, args=args, daemon=True).start()


def sign_example(request, secret, timestamp):
    """The request that `sign` says to send: the given one, plus or with the signature in it."""
    endpoint = request.endpoint
    command = [SIGN, "--provider", endpoint.provider, "--secret", f"plain:{secret}", "--method", request.method]
    command += ["--url", request.url, "--timestamp", str(timestamp), "--content-type", request.headers["content-type"]]
    for name, value in endpoint.parts.items():
        command += ["--part", f"{name}=plain:{value}"]
    if request.id is not None:
        command += ["--id", request.id]
    done = subprocess.run(command, input=request.body.encode(), capture_output=True, check=False, timeout=20)
    need(done.returncode == 0, f"sign ended with {done.returncode}: {done.stderr.decode().strip()}")
    signed = json.loads(done.stdout)
    headers = {name.lower(): value for name, value in signed["headers"].items()}
    body = base64.b64decode(signed["body_base64"]).decode()
    need(body == request.body or endpoint.provider in SIGNED_IN_BODY, f"sign changed the body to {body}")
    return replace(request.with_headers(headers), method=signed["method"], url=signed["url"], body=body)


# ---- the cases


@dataclass
class Case:
    """One SDK for one provider.

    `open` loads the SDK and gives (sign, verify):
    sign(request, secret, timestamp) gives the signed request;
    verify(request, secret) gives False for a bad signature, else what the SDK knows of the event: {"id", "type"}.
    """

    sdk: str
    request: Callable  # timestamp → the delivery before it is signed
    open: Callable
    variant: str = ""
    by_hand: bool = False  # the SDK only verifies
    repeats: bool = False  # the provider identifies events: a second delivery is answered 200 and not handled
    timed: bool = False  # the SDK has a window of minutes
    body_counts: bool = True  # False: a credential only, the body may be anything
    change: Callable = change_byte


def unless(refusal, check):
    """Runs an SDK's check. Only the SDK's own word for a bad signature counts as a refusal."""
    try:
        return check()
    except refusal:
        return False


def stripe_event(_timestamp):
    event = {"id": f"evt_{unique()}", "object": "event", "type": "customer.created", "data": {"object": {"name": NOTE}}}
    return post_json("stripe", event)


def open_stripe():
    import stripe

    def sign(request, secret, timestamp):
        header = stripe.WebhookSignature.generate_signature_header(request.body, secret, timestamp)
        return request.with_headers({"stripe-signature": header})

    def check(request, secret):
        event = stripe.Webhook.construct_event(request.body, request.headers["stripe-signature"], secret)
        return {"id": event["id"], "type": event["type"]}

    return sign, lambda *args: unless(stripe.SignatureVerificationError, lambda: check(*args))


def standard_event(provider, event_type):
    return lambda _timestamp: post_json(provider, {"type": event_type, "data": {"note": NOTE}}, id=f"msg_{unique()}")


def sign_standard(family, make_signature, request, timestamp):
    moment = datetime.fromtimestamp(timestamp, tz=UTC)
    return request.with_headers(
        {
            f"{family}-id": request.id,
            f"{family}-timestamp": str(timestamp),
            f"{family}-signature": make_signature(request.id, moment, request.body),
        }
    )


def open_standard_webhooks():
    from standardwebhooks import Webhook, WebhookVerificationError

    def sign(request, secret, timestamp):
        return sign_standard("webhook", Webhook(secret).sign, request, timestamp)

    def check(request, secret):
        event = Webhook(secret).verify(request.body, request.headers)
        return {"id": request.headers["webhook-id"], "type": event["type"]}

    return sign, lambda *args: unless(WebhookVerificationError, lambda: check(*args))


def open_svix():
    from svix.webhooks import Webhook, WebhookVerificationError

    def sign(request, secret, timestamp):
        return sign_standard("svix", Webhook(secret).sign, request, timestamp)

    def check(request, secret):
        Webhook(secret).verify(request.body, request.headers)
        return {"id": request.headers["svix-id"], "type": json.loads(request.body)["type"]}

    return sign, lambda *args: unless(WebhookVerificationError, lambda: check(*args))


def open_dodo_payments():
    from dodopayments import DodoPayments
    from standardwebhooks import WebhookVerificationError

    client = DodoPayments(bearer_token="unused")

    def sign(request, secret, timestamp):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = lambda id, _moment, body: "v1," + mac_base64("sha256", key, f"{id}.{timestamp}.{body}")
        return sign_standard("webhook", signature, request, timestamp)

    def check(request, secret):
        event = client.webhooks.unwrap(request.body, headers=request.headers, key=secret)
        return {"id": request.headers["webhook-id"], "type": event.type}

    return sign, lambda *args: unless(WebhookVerificationError, lambda: check(*args))


def twilio_form(_timestamp):
    fields = [("MessageSid", f"SM{unique()}"), ("To", "+18005551212"), ("Body", f"{NOTE} 100% +1 & more")]
    fields += [("Digits", digits) for digits in ("5678", "1234", "1234")]
    return post_form("twilio", fields, query="?from=a%20b&to=it's")


def twilio_json(_timestamp):
    return post_json("twilio", {"id": unique(), "note": NOTE}, query="?from=a%20b")


class FieldLists(dict):
    """A form as web frameworks give it: a list of values for each name."""

    def __init__(self, body):
        super().__init__(urllib.parse.parse_qs(body, keep_blank_values=True))

    getlist = dict.__getitem__


def open_twilio_form():
    from twilio.request_validator import RequestValidator

    def sign(request, secret, _timestamp):
        signature = RequestValidator(secret).compute_signature(request.url, FieldLists(request.body))
        return request.with_headers({"x-twilio-signature": signature})

    def verify(request, secret):
        signature = request.headers["x-twilio-signature"]
        return RequestValidator(secret).validate(request.url, FieldLists(request.body), signature) and {}

    return sign, verify


def open_twilio_json():
    from twilio.request_validator import RequestValidator

    def sign(request, secret, _timestamp):
        validator = RequestValidator(secret)
        url = f"{request.url}&bodySHA256={validator.compute_hash(request.body)}"
        return replace(request, url=url).with_headers({"x-twilio-signature": validator.compute_signature(url, {})})

    def verify(request, secret):
        # Without the parameter the SDK would take the body for form fields.
        need("bodySHA256=" in request.url, f"no bodySHA256 in {request.url}")
        return (
            RequestValidator(secret).validate(request.url, request.body, request.headers["x-twilio-signature"]) and {}
        )

    return sign, verify


def adyen_batch(_timestamp):
    # The mark stands in the second item: each item of a batch must be checked. The first shows that nothing is escaped.
    items = [{"NotificationRequestItem": adyen_item(reference)} for reference in ("order:1\\2", NOTE)]
    return post_json("adyen", {"live": "false", "notificationItems": items})


def adyen_item(merchant_reference):
    return {
        "additionalData": {"cardSummary": "1111"},
        "amount": {"currency": "EUR", "value": 1000},
        "eventCode": "AUTHORISATION",
        "eventDate": "2026-01-02T03:04:05+01:00",
        "merchantAccountCode": "InteropMerchant",
        "merchantReference": merchant_reference,
        "paymentMethod": "visa",
        "pspReference": unique(),
        "success": "true",
    }


def open_adyen():
    from Adyen.util import generate_notification_sig, is_valid_hmac_notification

    def items_of(batch):
        return [entry["NotificationRequestItem"] for entry in batch["notificationItems"]]

    def sign(request, secret, _timestamp):
        batch = json.loads(request.body)
        for item in items_of(batch):
            item["additionalData"]["hmacSignature"] = generate_notification_sig(item, secret).decode()
        return replace(request, body=json.dumps(batch, ensure_ascii=False))

    def verify(request, secret):
        # Given a whole batch the SDK looks at its first item only.
        items = items_of(json.loads(request.body))
        return all(is_valid_hmac_notification(item, secret) for item in items) and {"type": items[0]["eventCode"]}

    return sign, verify


def braintree_form(_timestamp):
    xml = (
        '<notification><kind>check</kind><timestamp type="datetime">2026-01-02T03:04:05Z</timestamp>'
        f'<subject><check type="boolean">true</check></subject><id>{unique()}</id></notification>'
    )
    return post_form("braintree", {"bt_payload": base64.encodebytes(xml.encode()).decode()})


def change_braintree_byte(request):
    """The payload is base64: one of its letters is changed."""
    other = lambda found: found[1] + ("B" if found[2] == "A" else "A")
    return replace(request, body=re.sub(r"(bt_payload=[^%&]{8})(.)", other, request.body, count=1))


def braintree_gateway(endpoint, private_key):
    import braintree

    return braintree.BraintreeGateway(
        braintree.Configuration(
            environment=braintree.Environment.Sandbox,
            merchant_id="unused",
            public_key=endpoint.parts["public_key"],
            private_key=private_key,
        )
    )


def open_braintree():
    from braintree import WebhookNotification
    from braintree.exceptions.invalid_signature_error import InvalidSignatureError

    def sign(request, secret, _timestamp):
        # The SDK makes the whole notification, so the request's own body gives way.
        testing = braintree_gateway(request.endpoint, secret).webhook_testing
        sample = testing.sample_notification(WebhookNotification.Kind.SubscriptionWentPastDue, unique())
        return replace(request, body=urllib.parse.urlencode(sample))

    def check(request, secret):
        fields = fields_of(request.body)
        gateway = braintree_gateway(request.endpoint, secret)
        notification = gateway.webhook_notification.parse(fields["bt_signature"], fields["bt_payload"])
        need(notification.kind, "no kind in the notification")
        return {}

    return sign, lambda *args: unless(InvalidSignatureError, lambda: check(*args))


def square_event(_timestamp):
    event = {"merchant_id": "M1", "type": "payment.created", "event_id": unique(), "data": {"note": NOTE}}
    return post_json("square", event, query="?a=1&b=%20")


def open_square():
    from square.utils.webhooks_helper import verify_signature

    def sign(request, secret, _timestamp):
        signature = mac_base64("sha256", secret, request.url + request.body)
        return request.with_headers({"x-square-hmacsha256-signature": signature})

    def verify(request, secret):
        valid = verify_signature(
            request_body=request.body,
            signature_header=request.headers["x-square-hmacsha256-signature"],
            signature_key=secret,
            notification_url=request.url,
        )
        event = json.loads(request.body)
        return valid and {"id": event["event_id"], "type": event["type"]}

    return sign, verify


def slack_event(_timestamp):
    event = {"type": "event_callback", "event_id": f"Ev{unique()}", "event": {"type": "app_mention", "text": NOTE}}
    return post_json("slack", event)


def slack_command(_timestamp):
    return post_form("slack", {"command": "/hook", "text": f"{NOTE} 100% +1 & more", "trigger_id": unique()})


def sign_slack(request, secret, timestamp):
    from slack_sdk.signature import SignatureVerifier

    signature = SignatureVerifier(secret).generate_signature(timestamp=str(timestamp), body=request.body)
    return request.with_headers({"x-slack-request-timestamp": str(timestamp), "x-slack-signature": signature})


def open_slack(known):
    from slack_sdk.signature import SignatureVerifier

    def verify(request, secret):
        return SignatureVerifier(secret).is_valid_request(request.body, request.headers) and known(request.body)

    return sign_slack, verify


def slack_event_known(body):
    event = json.loads(body)
    return {"id": event["event_id"], "type": event["event"]["type"]}


def paddle_event(_timestamp):
    event = {
        "event_id": f"evt_{unique()}",
        "event_type": "address.created",
        "occurred_at": "2026-01-02T03:04:05Z",
        "notification_id": f"ntf_{unique()}",
        "data": {"id": "add_1", "description": NOTE},
    }
    return post_json("paddle", event)


def open_paddle():
    from paddle_billing.Notifications import PaddleSignature, Secret, Verifier

    # With this set the SDK would not look at the time.
    os.environ.pop("TEST_MODE", None)

    def sign(request, secret, timestamp):
        signature = PaddleSignature.calculate_hmac(secret, f"{timestamp}:{request.body}".encode()).hexdigest()
        return request.with_headers({"paddle-signature": f"ts={timestamp};h1={signature}"})

    def verify(request, secret):
        headers = {"Paddle-Signature": request.headers["paddle-signature"]}
        incoming = types.SimpleNamespace(body=request.body.encode(), headers=headers)
        event = json.loads(request.body)
        return Verifier().verify(incoming, Secret(secret)) and {"id": event["event_id"], "type": event["event_type"]}

    return sign, verify


def hubspot_events(_timestamp):
    events = [{"eventId": 1, "subscriptionType": "contact.creation", "attemptNumber": 0, "note": NOTE, "id": unique()}]
    return post_json("hubspot", events, query="?portal=123&a=b")


def open_hubspot():
    from hubspot.exceptions import InvalidSignatureTimestampError
    from hubspot.utils.signature import Signature

    def sign(request, secret, timestamp):
        millis = str(timestamp * 1000)
        signature = Signature.get_signature(secret, request.body, "v3", request.url, "POST", millis)
        return request.with_headers({"x-hubspot-request-timestamp": millis, "x-hubspot-signature-v3": signature})

    def check(request, secret):
        millis = request.headers["x-hubspot-request-timestamp"]
        signature = request.headers["x-hubspot-signature-v3"]
        return Signature.is_valid(signature, secret, request.body, request.url, "POST", "v3", millis) and {}

    return sign, lambda *args: unless(InvalidSignatureTimestampError, lambda: check(*args))


def anymail_verify(make_view):
    """Runs a view's own checks on the request, then parses it as the view would."""
    import django
    from anymail.exceptions import AnymailWebhookValidationFailure
    from django.conf import settings
    from django.test import RequestFactory

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])
        django.setup()

    def check(request, secret):
        view = make_view(request, secret)
        headers = {name: value for name, value in request.headers.items() if name != "content-type"}
        incoming = RequestFactory().post(
            request.url.removeprefix(PUBLIC_URL), request.body, request.headers["content-type"], headers=headers
        )
        view.run_validators(incoming)
        event = view.parse_events(incoming)[0]
        return event

    return lambda *args: unless(AnymailWebhookValidationFailure, lambda: check(*args))


def mandrill_form(_timestamp):
    events = [{"event": "send", "_id": unique(), "ts": now(), "msg": {"email": "a@example.com", "subject": NOTE}}]
    return post_form("mandrill", {"mandrill_events": json.dumps(events, ensure_ascii=False)}, query="?key=a%20b")


def open_mandrill():
    from anymail.webhooks.mandrill import MandrillCombinedWebhookView as View

    def sign(request, secret, _timestamp):
        text = request.url + "".join(name + value for name, value in sorted(fields_of(request.body).items()))
        return request.with_headers({"x-mandrill-signature": mac_base64("sha1", secret, text)})

    vouch = anymail_verify(lambda request, secret: View(webhook_key=secret, webhook_url=request.url))
    return sign, lambda *args: vouch(*args) and {}


def mailgun_event(timestamp):
    # The body is not signed, only these two fields are: the mark stands in one of them.
    signed = {"token": f"{MARK}{uuid.uuid4().hex}", "timestamp": str(timestamp)}
    event = {"id": unique(), "event": "delivered", "timestamp": timestamp, "recipient": "a@example.com"}
    return post_json("mailgun", {"signature": signed, "event-data": event})


def open_mailgun():
    from anymail.webhooks.mailgun import MailgunTrackingWebhookView as View

    def sign(request, secret, _timestamp):
        body = json.loads(request.body)
        signature = body["signature"]
        signature["signature"] = mac("sha256", secret, signature["timestamp"] + signature["token"]).hexdigest()
        return replace(request, body=json.dumps(body, ensure_ascii=False))

    vouch = anymail_verify(lambda _request, secret: View(webhook_signing_key=secret))

    def verify(request, secret):
        event = vouch(request, secret)
        return event and {"type": event.esp_event["event-data"]["event"]}

    return sign, verify


def postmark_event(_timestamp):
    event = {"RecordType": "Delivery", "MessageID": unique(), "Recipient": "a@example.com", "Details": NOTE}
    return post_json("postmark", event | {"DeliveredAt": "2026-01-02T03:04:05Z"})


def open_postmark():
    from anymail.webhooks.postmark import PostmarkTrackingWebhookView as View

    def sign(request, secret, _timestamp):
        return request.with_headers({"authorization": "Basic " + base64.b64encode(secret.encode()).decode()})

    vouch = anymail_verify(lambda _request, secret: View(webhook_secret=[secret]))

    def verify(request, secret):
        event = vouch(request, secret)
        return event and {"type": event.esp_event["RecordType"]}

    return sign, verify


CASES = [
    Case("stripe", stripe_event, open_stripe, repeats=True, timed=True),
    Case(
        "standardwebhooks",
        standard_event("standard-webhooks", "user.created"),
        open_standard_webhooks,
        repeats=True,
        timed=True,
    ),
    Case("svix", standard_event("svix", "invoice.paid"), open_svix, repeats=True, timed=True),
    Case(
        "dodopayments",
        standard_event("dodo-payments", "payment.succeeded"),
        open_dodo_payments,
        by_hand=True,
        repeats=True,
        timed=True,
    ),
    Case("twilio", twilio_form, open_twilio_form, variant="form"),
    Case("twilio", twilio_json, open_twilio_json, variant="JSON"),
    Case("Adyen", adyen_batch, open_adyen),
    Case("braintree", braintree_form, open_braintree, change=change_braintree_byte),
    Case("squareup", square_event, open_square, by_hand=True, repeats=True),
    Case("slack_sdk", slack_event, lambda: open_slack(slack_event_known), variant="event", repeats=True, timed=True),
    Case("slack_sdk", slack_command, lambda: open_slack(lambda _body: {}), variant="slash command", timed=True),
    Case("paddle-python-sdk", paddle_event, open_paddle, repeats=True, timed=True),
    Case("hubspot-api-client", hubspot_events, open_hubspot, timed=True),
    Case("django-anymail", mandrill_form, open_mandrill, variant="Mandrill", by_hand=True),
    Case("django-anymail", mailgun_event, open_mailgun, variant="Mailgun", by_hand=True),
    Case("django-anymail", postmark_event, open_postmark, variant="Postmark", by_hand=True, body_counts=False),
]


# ---- the handshakes: the receiver must answer a challenge as the SDK does


def braintree_challenge():
    endpoint = ENDPOINTS["braintree"]
    challenge = letters(32)
    answer = RECEIVER.deliver(Request(endpoint, f"{endpoint.url}?bt_challenge={challenge}", {}, "", method="GET"))
    same("the status", answer.status, 200)
    gateway = braintree_gateway(endpoint, endpoint.secret)
    same("the answer", answer.text, gateway.webhook_notification.verify(challenge))


def slack_url_verification():
    challenge = letters(52)
    request = post_json("slack", {"type": "url_verification", "token": "unused", "challenge": challenge})
    answer = RECEIVER.deliver(sign_slack(request, request.endpoint.secret, now()))
    same("the status", answer.status, 200)
    # Slack takes the bare challenge, a form or JSON.
    allowed = [challenge, f"challenge={challenge}", f'{{"challenge":"{challenge}"}}']
    need(answer.text in allowed, f"answered {answer.text}")
    must_be_refused(sign_slack(request, wrong(request.endpoint.secret), now()))


def mandrill_head():
    """Mandrill asks with HEAD before it shows the key; Anymail answers 200."""
    endpoint = ENDPOINTS["mandrill"]
    answer = RECEIVER.deliver(Request(endpoint, endpoint.url, {}, "", method="HEAD"))
    same("the status", answer.status, 200)
    same("the lines on stdout", answer.lines, [])


HANDSHAKES = [
    ("braintree", "the receiver answers the challenge as the SDK does", braintree_challenge),
    ("slack_sdk", "the receiver answers the URL verification, and only a signed one", slack_url_verification),
    ("django-anymail", "the receiver answers Mandrill's HEAD with 200 as the SDK does", mandrill_head),
]


# ---- what must hold


def must_be_accepted(request, known):
    answer = RECEIVER.deliver(request)
    need(200 <= answer.status < 300, f"answered {answer.status} {answer.text}: {answer.complaint}")
    same("the number of lines on stdout", len(answer.lines), 1)
    wanted = {
        "provider": request.endpoint.provider,
        "endpoint": request.endpoint.name,
        "replay": "new",
        "bytes": len(request.body.encode()),
        "body_sha256": sha256(request.body),
    }
    wanted |= {f"event_{name}": value for name, value in known.items()}
    for name, value in wanted.items():
        same(name, answer.lines[0].get(name), value)


def must_be_duplicate(request):
    answer = RECEIVER.deliver(request)
    need(answer.status == 200, f"answered {answer.status} {answer.text}: {answer.complaint}")
    same("the lines on stdout", answer.lines, [])


def must_be_refused(request):
    answer = RECEIVER.deliver(request)
    same("the status", answer.status, 401)
    same("the lines on stdout", answer.lines, [])
    # A sender must not learn from the answer what was wrong.
    REFUSALS.append(answer.text)
    same("the answer", answer.text, REFUSALS[0])


class Steps:
    """What a case proves, step by step."""

    def __init__(self, case):
        self.case = case
        self.open = functools.cache(case.open)

    def signed_by_sdk(self, timestamp=None, forge=right):
        timestamp = timestamp or now()
        request = self.case.request(timestamp)
        sign, _ = self.open()
        return sign(request, forge(request.endpoint.secret), timestamp)

    def signed_by_us(self, timestamp=None, forge=right):
        timestamp = timestamp or now()
        request = self.case.request(timestamp)
        return sign_example(request, forge(request.endpoint.secret), timestamp)

    def verify(self, request):
        _, verify = self.open()
        return verify(request, request.endpoint.secret)

    def must_vouch(self, request):
        known = self.verify(request)
        need(known is not False, f"the SDK refuses it: {request.headers} {request.url}")
        return known

    def must_not_vouch(self, request):
        same("the word of the SDK", self.verify(request), False)

    def receiver_accepts(self):
        request = self.signed_by_sdk()
        must_be_accepted(request, self.must_vouch(request))

    def repeat_is_not_handled(self):
        request = self.signed_by_sdk()
        must_be_accepted(request, {})
        must_be_duplicate(request)
        # A real retry is signed anew: only the event's id is the same.
        sign, _ = self.open()
        must_be_duplicate(sign(request, request.endpoint.secret, now() + 1))

    def sdk_accepts(self):
        request = self.signed_by_us()
        must_be_accepted(request, self.must_vouch(request))

    def named(self):
        case = self.case
        signer = "signed by hand, the SDK vouches" if case.by_hand else "the SDK signs"
        yield f"{signer}, the receiver accepts", self.receiver_accepts
        if case.repeats:
            yield f"{signer}, a repeat is answered 200 and not handled", self.repeat_is_not_handled
        if case.body_counts:
            yield "a changed byte: the receiver refuses", lambda: must_be_refused(case.change(self.signed_by_sdk()))
        yield "a wrong secret: the receiver refuses", lambda: must_be_refused(self.signed_by_sdk(forge=wrong))
        if case.timed:
            yield "an hour old: the receiver refuses", lambda: must_be_refused(self.signed_by_sdk(now() - HOUR))
        yield "`sign` signs, the SDK accepts", self.sdk_accepts
        if case.body_counts:
            yield (
                "`sign` signs, a changed byte: the SDK refuses",
                lambda: self.must_not_vouch(case.change(self.signed_by_us())),
            )
        yield (
            "`sign` signs with a wrong secret: the SDK refuses",
            lambda: self.must_not_vouch(self.signed_by_us(forge=wrong)),
        )
        if case.timed:
            yield (
                "`sign` signs as an hour ago: the SDK refuses",
                lambda: self.must_not_vouch(self.signed_by_us(now() - HOUR)),
            )


def label(sdk, variant=""):
    try:
        version = metadata.version(sdk)
    except metadata.PackageNotFoundError:
        version = "missing"
    return f"PyPI {sdk}@{version}" + (f" ({variant})" if variant else "")


# ---- the run


class Tally:
    def __init__(self, only):
        self.only = only
        self.passed = self.failed = 0

    def check(self, name, run):
        if self.only not in name:
            return
        try:
            run()
        except Broken as reason:
            self.fail(name, reason)
        except Exception as error:
            self.fail(name, f"{type(error).__name__}: {error}")
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def fail(self, name, reason):
        self.failed += 1
        print(f"FAIL {name}: {reason}", flush=True)


def run_all(tally):
    for case in CASES:
        for name, run in Steps(case).named():
            tally.check(f"{label(case.sdk, case.variant)}: {name}", run)
    for sdk, name, run in HANDSHAKES:
        tally.check(f"{label(sdk)}: {name}", run)


if __name__ == "__main__":
    receiver_program, SIGN, config_file, *rest = sys.argv[1:]
    ENDPOINTS = read_endpoints(config_file)
    REFUSALS = []
    tally = Tally(only=rest[0] if rest else "")
    try:
        RECEIVER = Receiver(receiver_program, config_file)
    except (Broken, OSError) as reason:
        tally.fail("PyPI, the receiver starts", reason)
    else:
        try:
            run_all(tally)
        finally:
            RECEIVER.stop()
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed else 0)
