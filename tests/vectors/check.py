#!/usr/bin/env python3
"""Checks every signed delivery of this folder with another implementation than the crate.

    check.py                                      checks all files
    check.py --folder FOLDER                      checks the files of another folder
    check.py --sign ID SECRET [name=value …] < body
                                                  prints the signature that the formula gives for a body

For each provider there is one formula, written from the provider's documentation: what is signed, with what, how the
result is written, and where in the request it stands. Nothing is read of the crate, and nothing of it is run. HMACs,
hashes and HS256 tokens are recomputed, passwords compared, and what a private key signed is verified with `cryptography`.

Each vector is also changed, in its body where the body is signed and in the secret or the signature where it isn't, and
must not match any more: so that it is seen that the check can fail.

With `--sign` the names are headers (`x-timestamp=1760000000`), items of the signature's header (`t=1760000000`), or
`url`, `method` and `part.NAME`.
"""

import base64
import gzip
import hashlib
import hmac
import json
import re
import sys
import tomllib
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

# Providers without a formula, each with the reason.
UNCHECKED: dict[str, str] = {}


# --- requests


@dataclass(frozen=True)
class Request:
    secret: str
    body: bytes
    headers: dict[str, str]
    url: str = ""
    method: str = "POST"
    parts: dict[str, str] = field(default_factory=dict)
    now: int | None = None

    @property
    def unpacked(self) -> bytes:
        packed = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if packed else self.body

    def json(self):
        return json.loads(self.body)

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")

    def is_form(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def read(vector: dict) -> Request:
    if "body_base64" in vector:
        body = base64.b64decode(vector["body_base64"], validate=True)
    elif "body_repeat" in vector:
        body = vector["body_repeat"]["text"].encode() * vector["body_repeat"]["times"]
    else:
        body = vector["body"].encode()
    optional = {name: vector[name] for name in ("url", "method", "parts", "now") if name in vector}
    return Request(vector["secret"], body, vector["headers"], **optional)


# What reading a request, or verifying it, can raise.
REFUSALS = (InvalidSignature, ValueError, KeyError, IndexError, TypeError, EOFError, OSError, zlib.error)


# --- encodings, and the forms that a secret has


def hexa(raw: bytes) -> str:
    return raw.hex()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def un64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def un64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def as_text(secret: str) -> bytes:
    return secret.encode()


def as_whsec(secret: str) -> bytes:
    """`whsec_` and base64; the Supabase dashboard puts `v1,` before it, Brex may leave all of it out."""
    return un64(secret.removeprefix("v1,").removeprefix("whsec_"))


def as_nfkd(secret: str) -> bytes:
    return unicodedata.normalize("NFKD", secret).encode()


def as_sha1(secret: str) -> bytes:
    return hashlib.sha1(secret.encode()).digest()


# --- where signatures stand: each gives the texts that are there, with the names of the items beside it

Beside = dict[str, str]
Place = Callable[[Request], Iterator[tuple[str, Beside]]]


def header(pattern: str, prefix: str = "") -> Place:
    """The whole value of each header with such a name, after a prefix."""

    def find(request):
        for name, value in request.headers.items():
            if fnmatchcase(name, pattern) and value.startswith(prefix):
                yield value.removeprefix(prefix), {}

    return find


def item(name: str, key: str, between: str = ",", pair: str = "=", sets: str | None = None) -> Place:
    """The items `key=…` of a header that is a list; a few senders repeat whole lists, with something between them."""

    def find(request):
        value = request.headers[name]
        for text in value.split(sets) if sets else [value]:
            pairs = [each.partition(pair)[::2] for each in text.split(between)]
            beside = dict(pairs)
            yield from ((found, beside) for each, found in pairs if each == key)

    return find


# --- what is signed


def fill(template: str, request: Request, beside: Beside) -> bytes:
    """Puts the parts of the request into `{…}`: one of the words below, an item beside the signature, or a header."""
    words: dict[str, Callable[[], bytes]] = {
        "body": lambda: request.body,
        "unpacked body": lambda: request.unpacked,
        "sha256 of body": lambda: hashlib.sha256(request.body).digest(),
        "hex sha256 of body": lambda: hashlib.sha256(request.body).hexdigest().encode(),
        "url": lambda: request.url.encode(),
        "path": lambda: urlsplit(request.url).path.encode(),
        "method": lambda: request.method.encode(),
        "secret": lambda: request.secret.encode(),
    }

    def value(name: str) -> bytes:
        if name in words:
            return words[name]()
        if name.startswith("part."):
            return request.parts[name.removeprefix("part.")].encode()
        return (beside[name] if name in beside else request.headers[name]).encode()

    # Every second piece stands between braces.
    pieces = re.split(r"\{([^{}]+)\}", template)
    return b"".join(value(piece) if index % 2 else piece.encode() for index, piece in enumerate(pieces))


Content = str | Callable[[Request, Beside], bytes]


def signed(content: Content, request: Request, beside: Beside) -> bytes:
    return fill(content, request, beside) if isinstance(content, str) else content(request, beside)


# --- formulas


@dataclass(frozen=True)
class Formula:
    """`matches` says whether a request is genuine; `sign`, where there is one, gives the signature that it should have."""

    matches: Callable[[Request], bool]
    sign: Callable[[Request, Beside], str] | None = None
    # "body": each byte of it is signed; "fields": some are; "nothing": none is.
    covers: str = "body"


def computed(place: Place, sign: Callable[[Request, Beside], str], covers: str = "body") -> Formula:
    def matches(request):
        return any(hmac.compare_digest(text.encode(), sign(request, beside).encode()) for text, beside in place(request))

    return Formula(matches, sign, covers)


def mac(
    place: str | Place,
    content: Content = "{body}",
    text: Callable[[bytes], str] = hexa,
    hash: str = "sha256",
    key: Callable[[str], bytes] = as_text,
    prefix: str = "",
    covers: str = "body",
) -> Formula:
    """An HMAC."""

    def sign(request, beside):
        return text(hmac.digest(key(request.secret), signed(content, request, beside), hash))

    return computed(header(place, prefix) if isinstance(place, str) else place, sign, covers)


def digest(place: str | Place, content: Content, hash: str, covers: str = "body") -> Formula:
    """A plain hash of something that has the secret in it."""

    def sign(request, beside):
        return hashlib.new(hash, signed(content, request, beside)).hexdigest()

    return computed(header(place) if isinstance(place, str) else place, sign, covers)


def password(name: str) -> Formula:
    """A header that is the secret itself."""
    return computed(header(name), lambda request, _: request.secret, "nothing")


def basic() -> Formula:
    """User and password, as browsers send them."""
    return computed(header("authorization", "Basic "), lambda request, _: b64(request.secret.encode()), "nothing")


def in_items(items: Callable[[object], list[str]]) -> Formula:
    """Texts of the JSON body that each have to be the secret."""

    def matches(request):
        found = items(request.json())
        return bool(found) and all(each == request.secret for each in found)

    return Formula(matches, lambda request, _: request.secret, "nothing")


def public(place: str | Place, content: Content, decode: Callable[[str], bytes], verify, covers: str = "body") -> Formula:
    """A signature by a private key; `verify(secret, signature, content)` raises where it is wrong."""
    find = header(place) if isinstance(place, str) else place

    def fits(request, text, beside) -> bool:
        try:
            verify(request.secret, decode(text), signed(content, request, beside))
        except REFUSALS:
            return False
        return True

    return Formula(lambda request: any(fits(request, *found) for found in find(request)), None, covers)


def where(name: str, with_it: Formula, without: Formula) -> Formula:
    """Two forms, told apart by a header."""

    def choose(names):
        return with_it if name in names else without

    return Formula(
        lambda request: choose(request.headers).matches(request),
        with_it.sign and (lambda request, beside: choose(request.headers | beside).sign(request, beside)),
        with_it.covers,
    )


# --- public keys


def rsa_pkcs1(hash: hashes.HashAlgorithm):
    def verify(secret, signature, content):
        if "BEGIN CERTIFICATE" in secret:
            key = x509.load_pem_x509_certificate(secret.encode()).public_key()
        else:
            key = serialization.load_pem_public_key(secret.encode())
        key.verify(signature, content, padding.PKCS1v15(), hash)

    return verify


def ed25519(decode: Callable[[str], bytes]):
    def verify(secret, signature, content):
        Ed25519PublicKey.from_public_bytes(decode(secret)).verify(signature, content)

    return verify


def ecdsa_p256(secret: str, signature: bytes, content: bytes) -> None:
    """The key is SPKI in base64 without PEM's lines, the signature DER."""
    serialization.load_der_public_key(un64(secret)).verify(signature, content, ec.ECDSA(hashes.SHA256()))


# --- tokens (RFC 7515, 7517, 7519)


def jwk(secret: str, kid: str):
    """The key that a token names, of a JWK or of a set."""
    document = json.loads(secret)
    key = {key["kid"]: key for key in document.get("keys", [document])}[kid]
    number = {name: int.from_bytes(un64url(key[name])) for name in ("n", "e", "x", "y") if name in key}
    if key["kty"] == "RSA":
        return rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
    return ec.EllipticCurvePublicNumbers(number["x"], number["y"], ec.SECP256R1()).public_key()


def check_token(secret: str, algorithm: str, content: bytes, signature: bytes, head: dict) -> None:
    if head["alg"] != algorithm:
        raise ValueError(f"the token is not {algorithm}")
    if algorithm == "HS256":
        if not hmac.compare_digest(hmac.digest(secret.encode(), content, "sha256"), signature):
            raise InvalidSignature
    elif algorithm == "ES256":
        half = len(signature) // 2
        der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        jwk(secret, head["kid"]).verify(der, content, ec.ECDSA(hashes.SHA256()))
    else:
        hash = {"RS256": hashes.SHA256(), "RS512": hashes.SHA512()}[algorithm]
        jwk(secret, head["kid"]).verify(signature, content, padding.PKCS1v15(), hash)


def jwt(name: str, algorithm: str, claims: Callable[[Request], dict], prefix: str = "", covers: str = "body") -> Formula:
    """A token in a header: its signature, its times, and the claims that it must have."""

    def matches(request):
        [(token, _)] = header(name, prefix)(request)
        head, payload, signature = token.split(".")
        content = f"{head}.{payload}".encode()
        check_token(request.secret, algorithm, content, un64url(signature), json.loads(un64url(head)))
        said = json.loads(un64url(payload))
        if request.now is not None and not said.get("nbf", 0) <= request.now < said.get("exp", request.now + 1):
            return False
        return all(said[claim] == value for claim, value in claims(request).items())

    def sign(request, beside):
        said = claims(request) | {key: int(value) for key, value in beside.items() if value.isdigit()}
        parts = [b64url(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, said)]
        content = ".".join(parts)
        return f"{content}.{b64url(hmac.digest(request.secret.encode(), content.encode(), 'sha256'))}"

    return Formula(matches, sign if algorithm == "HS256" else None, covers)


def detached_jws(name: str, algorithm: str) -> Formula:
    """A token whose middle was cut out: the body belongs there."""

    def matches(request):
        head, nothing, signature = request.headers[name].split(".")
        content = f"{head}.{b64url(request.body)}".encode()
        check_token(request.secret, algorithm, content, un64url(signature), json.loads(un64url(head)))
        return nothing == ""

    return Formula(matches)


def body_hash(request: Request) -> str:
    return hashlib.sha256(request.body).hexdigest()


# --- families


def standard_webhooks(family: str = "webhook", key: Callable[[str], bytes] = as_whsec, between: str = " ") -> Formula:
    place = item(f"{family}-signature", "v1", between, ",")
    return mac(place, f"{{{family}-id}}.{{{family}-timestamp}}.{{body}}", b64, key=key)


def standard_or_svix() -> Formula:
    return where("svix-id", standard_webhooks("svix"), standard_webhooks())


def public_or_svix() -> Formula:
    return where("svix-id", public_webhooks("svix"), public_webhooks("webhook"))


def public_webhooks(family: str) -> Formula:
    """Standard Webhooks with Ed25519."""
    content = f"{{{family}-id}}.{{{family}-timestamp}}.{{body}}"
    key = ed25519(lambda secret: un64(secret.removeprefix("whpk_")))
    return public(item(f"{family}-signature", "v1a", " ", ","), content, un64, key)


def svix() -> Formula:
    """The form of the secret says whether it is a public key."""

    def matches(request):
        asymmetric = request.secret.startswith("whpk_")
        return (public_or_svix() if asymmetric else standard_or_svix()).matches(request)

    return replace(standard_or_svix(), matches=matches)


def stamped(name: str, time: str = "t", key: str = "v1", dot: str = ".", **more) -> Formula:
    """`t=…,v1=…` over time and body, as Stripe began it."""
    place = item(name, key, more.pop("between", ","), sets=more.pop("sets", None))
    return mac(place, f"{{{time}}}{dot}{{body}}", **more)


def git_forge(name: str) -> Formula:
    """Gogs and its descendants sign the JSON; where it travels as a form it is the only field."""

    def content(request, _):
        if not request.is_form():
            return request.body
        [(field_name, payload)] = request.form()
        return {"payload": payload}[field_name].encode()

    return mac(name, content)


# --- single providers


def adyen_item(entry: dict) -> str:
    amount = entry.get("amount", {})
    names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
    values = [entry.get(name, "") for name in names]
    values += [amount.get("value", ""), amount.get("currency", ""), entry.get("eventCode", ""), entry.get("success", "")]
    return ":".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)


def adyen(request: Request) -> bool:
    """Each item of the batch has its own signature."""
    key = bytes.fromhex(request.secret)
    entries = [each["NotificationRequestItem"] for each in request.json()["notificationItems"]]
    return bool(entries) and all(
        entry["additionalData"]["hmacSignature"] == b64(hmac.digest(key, adyen_item(entry).encode(), "sha256"))
        for entry in entries
    )


def braintree_place(request: Request):
    """`bt_signature` is a list of `<public key>|<signature>`, of which ours is read.

    The libraries put back a last line feed that the payload has lost.
    """
    fields = dict(request.form())
    for pair in fields["bt_signature"].split("&"):
        public_key, _, signature = pair.partition("|")
        if public_key == request.parts["public_key"]:
            yield signature, {"bt_payload": fields["bt_payload"]}
            yield signature, {"bt_payload": fields["bt_payload"] + "\n"}


def form_field(name: str) -> Content:
    return lambda request, _: dict(request.form())[name].encode()


def coinbase_cdp(request: Request, beside: Beside) -> bytes:
    """The header says in `h` which headers are signed."""
    values = ".".join(request.headers[name] for name in beside["h"].split(" "))
    return f"{beside['t']}.{beside['h']}.{values}.".encode() + request.body


def contentful(request: Request, beside: Beside) -> bytes:
    """Method, path, the headers that the list names, and the body, a line each."""
    names = sorted(name.strip() for name in request.headers["x-contentful-signed-headers"].split(","))
    listed = ";".join(f"{name}:{request.headers[name].strip()}" for name in names)
    return "\n".join([request.method, urlsplit(request.url).path, listed, ""]).encode() + request.body


def hubspot(request: Request, beside: Beside) -> bytes:
    """Twelve escapes of the URL are decoded before it is signed."""
    escapes = r"%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)"
    url = re.sub(escapes, lambda escape: unquote(escape[0]), request.url, flags=re.IGNORECASE)
    time = request.headers["x-hubspot-request-timestamp"]
    return f"{request.method}{url}".encode() + request.body + time.encode()


def hygraph(request: Request, beside: Beside) -> bytes:
    document = {"Body": request.body.decode(), "EnvironmentName": beside["env"], "TimeStamp": int(beside["t"])}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def mailgun_fields(request: Request) -> dict[str, str]:
    return dict(request.form()) if request.is_form() else request.json()["signature"]


def mailgun_place(request: Request):
    """A subaccount's events are also signed with the key of its parent."""
    fields = mailgun_fields(request)
    for name in ("signature", "parent-signature"):
        if name in fields:
            yield fields[name], {}


def mailgun(request: Request, beside: Beside) -> bytes:
    fields = mailgun_fields(request)
    return (fields["timestamp"] + fields["token"]).encode()


def mandrill(request: Request, beside: Beside) -> bytes:
    return (request.url + "".join(name + value for name, value in sorted(request.form()))).encode()


def mercado_pago(request: Request, beside: Beside) -> bytes:
    """The `data.id` of the URL, if it is there, the request's id and the time."""
    query = dict(parse_qsl(urlsplit(request.url).query))
    first = f"id:{query['data.id']};" if "data.id" in query else ""
    return f"{first}request-id:{request.headers['x-request-id']};ts:{beside['ts']};".encode()


def midtrans_place(request: Request):
    yield request.json()["signature_key"], {}


def midtrans(request: Request, beside: Beside) -> bytes:
    document = request.json()
    return (document["order_id"] + document["status_code"] + document["gross_amount"] + request.secret).encode()


def midtrans_snap_bi(request: Request, beside: Beside) -> bytes:
    """The body counts without the white space between its tokens."""
    minified = re.sub(r'("(?:\\.|[^"\\])*")|[ \t\r\n]+', lambda found: found[1] or "", request.body.decode())
    body = hashlib.sha256(minified.encode()).hexdigest()
    return f"{request.method}:{urlsplit(request.url).path}:{body}:{request.headers['x-timestamp']}".encode()


def keccak256(message: bytes) -> bytes:
    """Keccak as it was submitted, which Ethereum uses: SHA3-256 but for the padding."""
    mask, rate = (1 << 64) - 1, 136

    def turn(lane, by):
        return ((lane << by) | (lane >> (64 - by))) & mask if by else lane

    padded = bytearray(message + b"\x01" + bytes(-(len(message) + 1) % rate))
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for index in range(rate // 8):
            lanes[index % 5][index // 5] ^= int.from_bytes(padded[start + 8 * index : start + 8 * index + 8], "little")
        register = 1
        for _ in range(24):
            parity = [a ^ b ^ c ^ d ^ e for a, b, c, d, e in lanes]
            mixed = [parity[(x - 1) % 5] ^ turn(parity[(x + 1) % 5], 1) for x in range(5)]
            lanes = [[lane ^ mixed[x] for lane in lanes[x]] for x in range(5)]
            x, y, current = 1, 0, lanes[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], turn(current, (step + 1) * (step + 2) // 2 % 64)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            for bit in range(7):
                register = ((register << 1) ^ ((register >> 7) * 0x71)) % 256
                if register & 2:
                    lanes[0][0] ^= 1 << ((1 << bit) - 1)
    return b"".join(lanes[x][0].to_bytes(8, "little") for x in range(4))


def moralis(request: Request, _) -> str:
    return keccak256(request.body + request.secret.encode()).hex()


def plivo(request: Request, beside: Beside) -> bytes:
    """V3: the URL, then the sorted query of a GET or the sorted form of a POST, then the nonce."""
    nonce = request.headers["x-plivo-signature-v3-nonce"]
    if request.method == "GET":
        url = urlsplit(request.url)
        query = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(url.query, keep_blank_values=True)))
        return f"{url.scheme}://{url.netloc}{url.path}?{query}.{nonce}".encode()
    fields = "".join(name + value for name, value in sorted(request.form()))
    return f"{request.url}?{fields}.{nonce}".encode()


def plivo_place(request: Request):
    for text in request.headers["x-plivo-signature-v3"].split(","):
        yield text, {}


def paypal(request: Request, beside: Beside) -> bytes:
    names = ("paypal-transmission-id", "paypal-transmission-time")
    values = [request.headers[name] for name in names]
    return "|".join([*values, request.parts["webhook_id"], str(zlib.crc32(request.body))]).encode()


def segment(request: Request, beside: Beside) -> bytes:
    """Of a batch only the first element is signed."""
    text = request.body.decode()
    if not text.startswith("["):
        return request.body
    _, end = json.JSONDecoder().raw_decode(text, 1)
    return text[1:end].encode()


def sns(version: str, hash: hashes.HashAlgorithm) -> Formula:
    """Each of the listed fields that is there, its name on one line and its value on the next."""

    def place(request):
        document = request.json()
        if document["SignatureVersion"] == version and document["TopicArn"] == request.parts["topic_arn"]:
            yield document["Signature"], {}

    def content(request, _):
        document = request.json()
        names = ["Message", "MessageId"]
        if document["Type"] == "Notification":
            names += ["Subject", "Timestamp", "TopicArn", "Type"]
        else:
            names += ["SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        return "".join(f"{name}\n{document[name]}\n" for name in names if document.get(name) is not None).encode()

    return public(place, content, un64, rsa_pkcs1(hash), "fields")


def twilio(request: Request, beside: Beside) -> bytes:
    """The URL and each field of a form, equal values once; of other bodies the URL has the hash."""
    query = dict(parse_qsl(urlsplit(request.url).query))
    if "bodySHA256" in query:
        if query["bodySHA256"] != body_hash(request):
            raise ValueError("another body")
        return request.url.encode()
    if not request.is_form():
        raise ValueError("neither a form nor a hash")
    return (request.url + "".join(name + value for name, value in sorted(set(request.form())))).encode()


def vonage_sms_place(request: Request):
    yield dict(request.form())["sig"].lower(), {}


def vonage_sms(request: Request, beside: Beside) -> bytes:
    """Every field but the signature; what would separate fields is replaced in their values."""
    fields = sorted((name, value) for name, value in request.form() if name != "sig")
    return "".join(f"&{name}={re.sub('[&=]', '_', value)}" for name, value in fields).encode()


def entra_claims(request: Request) -> dict:
    tenant = request.parts["tenant"]
    grid = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
    return {"aud": request.parts["audience"], "iss": f"https://sts.windows.net/{tenant}/", "appid": grid}


def pubsub_claims(request: Request) -> dict:
    ours = {"aud": request.parts["audience"], "email": request.parts["email"]}
    return {"iss": "https://accounts.google.com", "email_verified": True} | ours


def messagebird_claims(request: Request) -> dict:
    claims = {"iss": "MessageBird", "url_hash": hashlib.sha256(request.url.encode()).hexdigest()}
    return claims | ({"payload_hash": body_hash(request)} if request.body else {})


SHA256, SHA1 = hashes.SHA256(), hashes.SHA1()

FORMULAS: dict[str, Formula] = {
    "ably": mac("x-ably-signature", text=b64),
    "adyen": Formula(adyen, None, "fields"),
    "adyen-platform": mac("hmacsignature", text=b64, key=bytes.fromhex),
    "aftership": mac("aftership-hmac-sha256", text=b64),
    "airship": mac("x-ua-signature", "{x-ua-timestamp}:{unpacked body}"),
    "airtable": mac("x-airtable-content-mac", prefix="hmac-sha256=", key=un64),
    "airwallex": mac("x-signature", "{x-timestamp}{body}"),
    "alchemy": mac("x-alchemy-signature"),
    "anthropic": standard_webhooks(),
    "asana": mac("x-hook-signature"),
    "autodesk-aps": mac("x-adsk-signature", hash="sha1", prefix="sha1hash="),
    "aws-sns": sns("2", SHA256),
    "aws-sns-v1": sns("1", SHA1),
    "azure-event-grid": jwt("authorization", "RS256", entra_claims, "Bearer ", "nothing"),
    "bigcommerce": standard_webhooks(key=as_text),
    "bird": mac("messagebird-signature", "{messagebird-request-timestamp}\n{url}\n{sha256 of body}", b64),
    "bitbucket": mac("x-hub-signature", prefix="sha256="),
    "bolt": mac("x-bolt-hmac-sha256*", text=b64),
    "box": mac("box-signature-*ary", "{body}{box-delivery-timestamp}", b64),
    "braintree": mac(braintree_place, "{bt_payload}", hash="sha1", key=as_sha1, covers="fields"),
    "brex": standard_or_svix(),
    "buildkite": stamped("x-buildkite-signature", "timestamp", "signature"),
    "cal-com": mac("x-cal-signature-256"),
    "calendly": stamped("calendly-webhook-signature"),
    "castle": mac("x-castle-signature", text=b64),
    "chargify": mac("x-chargify-webhook-signature-hmac-sha-256"),
    "checkr": mac("x-checkr-signature"),
    "circleci": mac(item("circleci-signature", "v1")),
    "clerk": standard_webhooks("svix"),
    "clickup": mac("x-signature"),
    "cloudflare-notifications": password("cf-webhook-auth"),
    "cloudflare-stream": stamped("webhook-signature", "time", "sig1"),
    "coinbase-cdp": mac(item("x-hook0-signature", "v1"), coinbase_cdp),
    "coinbase-commerce": mac("x-cc-webhook-signature"),
    "contentful": mac("x-contentful-signature", contentful),
    "cursor": mac("x-webhook-signature", prefix="sha256="),
    "customer-io": mac("x-cio-signature", "v0:{x-cio-timestamp}:{body}"),
    "datocms": basic(),
    "discord-interactions": public(
        "x-signature-ed25519", "{x-signature-timestamp}{body}", bytes.fromhex, ed25519(bytes.fromhex)
    ),
    "discord-webhook-events": public(
        "x-signature-ed25519", "{x-signature-timestamp}{body}", bytes.fromhex, ed25519(bytes.fromhex)
    ),
    "docusign": mac("x-docusign-signature-*", text=b64),
    "dodo-payments": standard_webhooks(),
    "dropbox": mac("x-dropbox-signature"),
    "easypost": mac("x-hmac-signature", prefix="hmac-sha256-hex=", key=as_nfkd),
    "elevenlabs": stamped("elevenlabs-signature", key="v0"),
    "fal-ai": public(
        "x-fal-webhook-signature",
        "{x-fal-webhook-request-id}\n{x-fal-webhook-user-id}\n{x-fal-webhook-timestamp}\n{hex sha256 of body}",
        bytes.fromhex,
        ed25519(un64url),
    ),
    "figma": in_items(lambda document: [document["passcode"]]),
    "fireblocks": detached_jws("fireblocks-webhook-signature", "RS512"),
    "firecrawl": mac("x-firecrawl-signature", prefix="sha256="),
    "flutterwave-v3": password("verif-hash"),
    "flutterwave-v4": mac("flutterwave-signature", text=b64),
    "forgejo": git_forge("x-forgejo-signature"),
    "frameio": mac("x-frameio-signature", "v0:{x-frameio-request-timestamp}:{body}", prefix="v0="),
    "ghost": mac(item("x-ghost-signature", "sha256", ", "), "{body}{t}"),
    "gitea": git_forge("x-gitea-signature"),
    "github": mac("x-hub-signature-256", prefix="sha256="),
    "gitlab": standard_webhooks(),
    "gitlab-token": password("x-gitlab-token"),
    "go1": stamped("go1-signature"),
    "gocardless": mac("webhook-signature"),
    "gogs": git_forge("x-gogs-signature"),
    "google-gemini": standard_webhooks(),
    "google-gemini-dynamic": jwt(
        "webhook-signature", "RS256", lambda request: {"aud": request.parts["audience"]}, covers="nothing"
    ),
    "google-pubsub-push": jwt("authorization", "RS256", pubsub_claims, "Bearer ", "nothing"),
    "grafana": mac("x-grafana-alerting-signature"),
    "gusto": mac("x-gusto-signature"),
    "hcp-terraform": mac("x-tfe-notification-signature", hash="sha512"),
    "heroku": mac("heroku-webhook-hmac-sha256", text=b64),
    "hubspot": mac("x-hubspot-signature-v3", hubspot, b64),
    "hubspot-v1": digest("x-hubspot-signature", "{secret}{body}", "sha256"),
    "hubspot-v2": digest("x-hubspot-signature", "{secret}{method}{url}{body}", "sha256"),
    "hygraph": mac(item("gcms-signature", "sign", ", "), hygraph, b64),
    "increase": where(
        "increase-webhook-signature", stamped("increase-webhook-signature"), standard_webhooks(key=as_text)
    ),
    "intercom": mac("x-hub-signature", hash="sha1", prefix="sha1="),
    "jira": mac("x-hub-signature", prefix="sha256="),
    "kick": public(
        "kick-event-signature",
        "{kick-event-message-id}.{kick-event-message-timestamp}.{body}",
        un64,
        rsa_pkcs1(SHA256),
    ),
    "klarna": mac("klarna-signature"),
    "langfuse": stamped("x-langfuse-signature"),
    "launchdarkly": mac("x-ld-signature"),
    # The page doesn't say whether the letters are small.
    "lazada": mac(lambda request: iter([(request.headers["authorization"].lower(), {})]), "{part.app_key}{body}"),
    "lemon-squeezy": mac("x-signature"),
    "line": mac("x-line-signature", text=b64),
    "linear": mac("linear-signature"),
    "lithic": standard_webhooks(),
    "mailgun": mac(mailgun_place, mailgun, covers="fields"),
    "mandrill": mac("x-mandrill-signature", mandrill, b64, "sha1"),
    "mercado-pago": mac(item("x-signature", "v1"), mercado_pago, covers="nothing"),
    "messagebird": jwt("messagebird-signature-jwt", "HS256", messagebird_claims),
    "meta": mac("x-hub-signature-256", prefix="sha256="),
    "microsoft-graph": in_items(lambda document: [each["clientState"] for each in document["value"]]),
    "midtrans": digest(midtrans_place, midtrans, "sha512", "fields"),
    "midtrans-iris": digest("iris-signature", "{body}{secret}", "sha512"),
    "midtrans-snap-bi": public("x-signature", midtrans_snap_bi, un64, rsa_pkcs1(SHA256)),
    "modern-treasury": mac("x-signature"),
    "mollie": mac(item("x-mollie-signature", "sha256", ", ")),
    "monday": jwt("authorization", "HS256", lambda request: {"aud": request.url}, covers="nothing"),
    "mongodb-atlas": mac("x-mms-signature", text=b64, hash="sha1"),
    "moralis": computed(header("x-signature", "0x"), moralis),
    "mux": stamped("mux-signature"),
    "netlify": jwt(
        "x-webhook-signature", "HS256", lambda request: {"iss": "netlify", "sha256": body_hash(request)}
    ),
    "notion": mac("x-notion-signature", prefix="sha256="),
    "nylas": mac("x-nylas-signature"),
    "onfido": mac("x-sha2-signature"),
    "openai": standard_webhooks(),
    "paddle": stamped("paddle-signature", "ts", "h1", ":", between=";"),
    "pagerduty": mac(item("x-pagerduty-signature", "v1")),
    "paypal": public("paypal-transmission-sig", paypal, un64, rsa_pkcs1(SHA256)),
    "paystack": mac("x-paystack-signature", hash="sha512"),
    "persona": stamped("persona-signature", sets=" "),
    "pinwheel": mac("x-pinwheel-signature", "v2:{x-timestamp}:{body}", prefix="v2="),
    "plaid": jwt("plaid-verification", "ES256", lambda request: {"request_body_sha256": body_hash(request)}),
    "plivo": mac(plivo_place, plivo, b64),
    "plivo-v2": mac("x-plivo-signature-v2", "{url}{x-plivo-signature-v2-nonce}", b64, covers="nothing"),
    "polar": standard_webhooks(key=as_text),
    "postmark": basic(),
    "prismic": in_items(lambda document: [document["secret"]]),
    "pusher": mac("x-pusher-signature"),
    "qiscus": mac("qiscus-sdk-signature"),
    "qualifio": mac("x-qualifio-signature", prefix="sha256="),
    "quickbooks": mac("intuit-signature", text=b64),
    "quicknode": mac("x-qn-signature", "{x-qn-nonce}{x-qn-timestamp}{unpacked body}"),
    "ramp": mac("x-ramp-signature"),
    "razorpay": mac("x-razorpay-signature"),
    "recall-ai": standard_or_svix(),
    "render": standard_webhooks(),
    "replicate": standard_webhooks(),
    "resend": standard_webhooks("svix"),
    "retell-ai": mac(item("x-retell-signature", "d"), "{body}{v}"),
    "revolut-business": mac(item("revolut-signature", "v1"), "v1.{revolut-request-timestamp}.{body}"),
    "revolut-merchant": mac(item("revolut-signature", "v1"), "v1.{revolut-request-timestamp}.{body}"),
    "sanity": stamped("sanity-webhook-signature", text=b64url),
    "segment": mac("x-signature", segment, hash="sha1", covers="fields"),
    "sendbird": mac("x-sendbird-signature"),
    "sendgrid": public(
        "x-twilio-email-event-webhook-signature",
        "{x-twilio-email-event-webhook-timestamp}{body}",
        un64,
        ecdsa_p256,
    ),
    "sentry": mac("sentry-hook-signature"),
    "shipstation": public(
        "x-shipengine-rsa-sha256-signature", "{x-shipengine-timestamp}.{body}", un64, rsa_pkcs1(SHA256)
    ),
    "shopee": mac("authorization", "{url}|{body}"),
    "shopify": mac("x-shopify-hmac-sha256", text=b64),
    "shopify-events": mac("shopify-hmac-sha256", text=b64),
    "signal-sciences": mac("x-sigsci-signature"),
    "slack": mac("x-slack-signature", "v0:{x-slack-request-timestamp}:{body}", prefix="v0="),
    "sonatype-nexus": mac("x-nexus-webhook-signature", hash="sha1"),
    "square": mac("x-square-hmacsha256-signature", "{url}{body}", b64),
    "standard-webhooks": standard_webhooks(),
    "standard-webhooks-v1a": public_or_svix(),
    "storyblok": mac("webhook-signature", hash="sha1"),
    "stripe": stamped("stripe-signature"),
    "stytch": standard_webhooks("svix"),
    "supabase-auth-hooks": standard_webhooks(between=", "),
    "svix": svix(),
    "telegram": password("x-telegram-bot-api-secret-token"),
    "telnyx": public("telnyx-signature-ed25519", "{telnyx-timestamp}|{body}", un64, ed25519(un64)),
    "tiktok": stamped("tiktok-signature", key="s"),
    "tiktok-shop": mac("authorization", "{part.app_key}{body}"),
    "tokopedia": mac("authorization-hmac"),
    "travis-ci": public("signature", form_field("payload"), un64, rsa_pkcs1(SHA1)),
    "trello": mac("x-trello-webhook", "{body}{url}", b64, "sha1"),
    "twilio": mac("x-twilio-signature", twilio, b64, "sha1"),
    "twitch": mac(
        "twitch-eventsub-message-signature",
        "{twitch-eventsub-message-id}{twitch-eventsub-message-timestamp}{body}",
        prefix="sha256=",
    ),
    "typeform": mac("typeform-signature", text=b64, prefix="sha256="),
    "vapi": password("x-vapi-secret"),
    "vercel": mac("x-vercel-signature", hash="sha1"),
    "vmware-workspace-one": basic(),
    "vonage": jwt(
        "authorization",
        "HS256",
        lambda request: {"iss": "Vonage", "payload_hash": body_hash(request)},
        "Bearer ",
    ),
    "vonage-sms": mac(vonage_sms_place, vonage_sms),
    "webex": mac("x-spark-signature", hash="sha1"),
    "webflow": mac("x-webflow-signature", "{x-webflow-timestamp}:{body}"),
    "wise": public("x-signature-sha256", "{body}", un64, rsa_pkcs1(SHA256)),
    "woocommerce": mac("x-wc-webhook-signature", text=b64),
    "workos": stamped("workos-signature", between=", "),
    "worldline": mac("x-gcs-signature", text=b64),
    "x": mac("x-twitter-webhooks-signature", text=b64, prefix="sha256="),
    "xendit": password("x-callback-token"),
    "xero": mac("x-xero-signature", text=b64),
    "zendesk": mac("x-zendesk-webhook-signature", "{x-zendesk-webhook-signature-timestamp}{body}", b64),
    "zoom": mac("x-zm-signature", "v0:{x-zm-request-timestamp}:{body}", prefix="v0="),
}


# --- the check


def matches(formula: Formula, request: Request) -> bool:
    try:
        return formula.matches(request)
    except REFUSALS:
        return False


def changed_bodies(request: Request, every: bool) -> Iterator[Request]:
    """The request with one bit of its body turned, at a few places or at every byte."""
    packed = request.headers.get("content-encoding") == "gzip"
    body = request.unpacked
    for at in range(0, len(body), 1 if every else max(1, len(body) // 9)):
        other = bytearray(body)
        other[at] ^= 1
        yield replace(request, body=gzip.compress(bytes(other)) if packed else bytes(other))


def changed_headers(request: Request) -> Iterator[Request]:
    """The request with one bit turned in the middle of the last part of a token."""
    for name, value in request.headers.items():
        if value.count(".") == 2:
            at = (value.rindex(".") + len(value)) // 2
            other = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
            yield replace(request, headers=request.headers | {name: other})


def fault(formula: Formula, request: Request) -> str | None:
    """What is wrong about a vector, if anything is."""
    if not matches(formula, request):
        return "the signature is not what the formula gives"
    if formula.covers == "body" and request.body:
        if any(matches(formula, other) for other in changed_bodies(request, every=False)):
            return "a changed body matches too"
    elif formula.covers == "fields":
        if all(matches(formula, other) for other in changed_bodies(request, every=True)):
            return "no byte of the body matters"
    elif formula.sign:
        if matches(formula, replace(request, secret=request.secret + "x")):
            return "another secret matches too"
    else:
        others = list(changed_headers(request))
        if not others or any(matches(formula, other) for other in others):
            return "a changed signature matches too"
    return None


def check(folder: Path) -> int:
    files = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    faults = [f"{id}: a file without a formula" for id in files if id not in FORMULAS and id not in UNCHECKED]
    faults += [f"{id}: a formula without a file" for id in [*FORMULAS, *UNCHECKED] if id not in files]
    faults += [f"{id}: has a formula and is listed as unchecked" for id in UNCHECKED if id in FORMULAS]
    count = 0
    for id, path in files.items():
        if id not in FORMULAS:
            continue
        vectors = tomllib.loads(path.read_text(encoding="utf-8")).get("vector", [])
        if not vectors:
            faults.append(f"{id}: no vector")
        for vector in vectors:
            wrong = fault(FORMULAS[id], read(vector))
            if wrong:
                faults.append(f"{id}, {vector['name']}: {wrong}")
            count += 1
    for each in faults:
        print(each, file=sys.stderr)
    if faults:
        return 1
    for id, reason in UNCHECKED.items():
        print(f"not checked: {id}: {reason}")
    print(f"{count} vectors of {len(FORMULAS)} providers: recomputed by another implementation")
    return 0


def sign(id: str, secret: str, pairs: list[str]) -> int:
    if id not in FORMULAS or FORMULAS[id].sign is None:
        print(f"no formula makes a signature for {id}", file=sys.stderr)
        return 1
    names = dict(pair.partition("=")[::2] for pair in pairs)
    parts = {name.removeprefix("part."): value for name, value in names.items() if name.startswith("part.")}
    where_to = {name: names.pop(name) for name in ("url", "method") if name in names}
    request = Request(secret, sys.stdin.buffer.read(), names, parts=parts, **where_to)
    try:
        print(FORMULAS[id].sign(request, names))
    except REFUSALS as error:
        print(f"{id} needs something else: {error!r}", file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case []:
            return check(Path(__file__).parent)
        case ["--folder", folder]:
            return check(Path(folder))
        case ["--sign", id, secret, *pairs]:
            return sign(id, secret, pairs)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
