"""The providers' ways to sign, in Python's own hmac: no verifier has a part in it."""

import base64
import hmac
import urllib.parse
from dataclasses import dataclass, field

# The time of every request. Each verifier's clock is stopped there.
NOW = 1_700_000_000
ORIGIN = "https://hooks.example.com"


@dataclass
class Request:
    family: "Family"
    secret: str
    key: bytes
    body: bytes
    time: str = str(NOW)
    # What stands in the signed content for the time, where that is something else.
    signed_time: str | None = None
    id: str = "msg_1"
    path: str = "/webhook"
    headers: list = field(default_factory=list)
    traits: list = field(default_factory=list)
    # How a signature's bytes are written, and the signatures as a list.
    write: object = None
    arrange: object = None

    def line(self):
        return {
            "family": self.family.name,
            "secret": self.secret,
            "headers": self.headers,
            "body": base64.b64encode(self.body).decode(),
            "url": ORIGIN + self.path,
            "traits": self.traits,
        }


def hexed(tag):
    return tag.hex()


def sixty_four(tag):
    return base64.b64encode(tag).decode()


@dataclass
class Family:
    """A provider's way to sign. `content` is what is signed, `item` an entry of its list, `headers` where all stands."""

    name: str
    content: object
    encode: object
    headers: object
    signature: str
    hash: str = "sha256"
    timed: bool = False
    listed: str = ""
    # The name of an entry with a signature and of the one with the time, and what stands between name and value.
    names: tuple = ()

    def tag(self, request, key=None):
        content = self.content(request, request.signed_time or request.time)
        return hmac.new(request.key if key is None else key, content, self.hash).digest()


def latin(text):
    return text.encode("latin-1")


def of_time(before, between):
    return lambda request, time: latin(before + time + between) + request.body


def of_id(request, time):
    return latin(f"{request.id}.{time}.") + request.body


def of_form(request, _time):
    pairs = urllib.parse.parse_qsl(request.body.decode("latin-1"), keep_blank_values=True, encoding="utf-8")
    return (ORIGIN + request.path + "".join(name + value for name, value in sorted(set(pairs)))).encode()


def alone(name, prefix=""):
    return lambda request, text: [[name, prefix + text]]


def beside_time(name, prefix, time_name):
    return lambda request, text: [[name, prefix + text], [time_name, request.time]]


def standard(prefix):
    return lambda request, text: [
        [f"{prefix}-id", request.id],
        [f"{prefix}-timestamp", request.time],
        [f"{prefix}-signature", text],
    ]


FAMILIES = [
    Family("github", lambda r, _: r.body, hexed, alone("x-hub-signature-256", "sha256="), "x-hub-signature-256"),
    Family("shopify", lambda r, _: r.body, sixty_four, alone("x-shopify-hmac-sha256"), "x-shopify-hmac-sha256"),
    Family(
        "slack",
        of_time("v0:", ":"),
        hexed,
        beside_time("x-slack-signature", "v0=", "x-slack-request-timestamp"),
        "x-slack-signature",
        timed=True,
    ),
    Family(
        "stripe",
        of_time("", "."),
        hexed,
        alone("stripe-signature"),
        "stripe-signature",
        timed=True,
        listed=",",
        names=("v1", "t", "="),
    ),
    Family(
        "paddle",
        of_time("", ":"),
        hexed,
        alone("paddle-signature"),
        "paddle-signature",
        timed=True,
        listed=";",
        names=("h1", "ts", "="),
    ),
    Family(
        "standard-webhooks",
        of_id,
        sixty_four,
        standard("webhook"),
        "webhook-signature",
        timed=True,
        listed=" ",
        names=("v1", None, ","),
    ),
    Family(
        "svix", of_id, sixty_four, standard("svix"), "svix-signature", timed=True, listed=" ", names=("v1", None, ",")
    ),
    Family("twilio", of_form, sixty_four, alone("x-twilio-signature"), "x-twilio-signature", hash="sha1"),
]
