"""Requests for verifiers to disagree about: genuine ones, and ones that are wrong or strange in one place, seldom in two.

`requests(seed, count)` gives the same ones each time. Each has `traits`: what is strange about it, which is what the list of
known disagreements (stricter.toml) is about.
"""

import base64
import random

from families import FAMILIES, NOW, Request
from strange import (
    BODIES,
    FORMS,
    change_headers,
    change_id,
    change_list,
    change_secret,
    change_signature,
    change_time,
    some_form,
    some_json,
)

def secret_of(rng, family):
    raw = rng.choice(KEYS)
    if family.name in ("standard-webhooks", "svix"):
        return "whsec_" + base64.b64encode(raw).decode(), raw
    text = raw.hex()
    return text, text.encode()


KEYS = [random.Random(n).randbytes(24) for n in range(8)]


def generate(rng):
    family = rng.choice(FAMILIES)
    secret, key = secret_of(rng, family)
    is_form = family.name == "twilio"
    request = Request(family, secret, key, some_form(rng) if is_form else some_json(rng))
    # Paddle's own libraries take five seconds.
    off = 4 if family.name == "paddle" else 299
    request.time = str(NOW + rng.randint(-off, off))
    request.id = f"msg_{rng.randrange(10**9)}"
    changes = {"body": 2, "signature": 3, "headers": 3, "secret": 2}
    if family.timed:
        changes["time"] = 4
    if family.listed:
        changes["list"] = 4
    if family.name in ("standard-webhooks", "svix"):
        changes["id"] = 2
    kinds = rng.choices(list(changes), weights=changes.values(), k=rng.choices([0, 1, 2], weights=[25, 65, 10])[0])
    if "body" in kinds:
        bodies = FORMS if is_form else BODIES
        trait = rng.choice(list(bodies))
        request.body = bodies[trait](rng)
        request.traits.append(trait)
    if "secret" in kinds:
        change_secret(rng, request)
    if "time" in kinds:
        change_time(rng, request)
    if "id" in kinds:
        change_id(rng, request)
    if "signature" in kinds:
        change_signature(rng, request)
    if "list" in kinds:
        change_list(rng, request)
    tag = family.tag(request)
    text = (request.write or family.encode)(tag)
    if request.arrange:
        text = request.arrange(text)
    elif family.listed:
        name, time_name, pair = family.names
        items = [] if time_name is None else [f"{time_name}{pair}{request.time}"]
        text = family.listed.join([*items, f"{name}{pair}{text}"])
    request.headers = family.headers(request, text)
    if "headers" in kinds:
        change_headers(rng, request)
    if rng.random() < 0.15 and not request.traits:
        # A bit of the body changes on its way. In a form that may be the case of an escape, which means the same.
        signed = family.content(request, request.time)
        at = rng.randrange(len(request.body))
        request.body = request.body[:at] + bytes([request.body[at] ^ 1 << rng.randrange(8)]) + request.body[at + 1 :]
        is_same = family.content(request, request.time) == signed
        request.traits.append("form/other spelling" if is_same else "body/changed on its way")
    kind = "application/x-www-form-urlencoded" if is_form else "application/json"
    request.headers.append(["content-type", kind])
    return request


def requests(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        yield generate(rng)
