"""What can be strange about a request. Each function changes one thing, and names it in the request's traits."""

import base64
import json
import string
import urllib.parse

from families import NOW, hexed, sixty_four


# ---- bodies



def some_json(rng):
    value = {
        "id": f"evt_{rng.randrange(10**9)}",
        "object": "event",
        "type": rng.choice(["ping", "user.created", "invoice.paid"]),
        "data": {"text": "".join(rng.choices(string.printable[:95] + "é♥", k=rng.randrange(24))), "n": rng.random()},
    }
    return json.dumps(value, ensure_ascii=rng.random() < 0.5).encode()


BODIES = {
    "body/empty": lambda rng: b"",
    "body/not JSON": lambda rng: rng.choice([b"hello", b"{", b"{'a':1}", b"NaN", b'{"a":1}x', b" ", b"a=1&b=2"]),
    "body/not UTF-8": lambda rng: rng.choice([b"\xff", b'{"a":"\xe9"}', b"\xc3", b'{"a":"\xed\xa0\x80"}']),
    "body/byte order mark": lambda rng: b"\xef\xbb\xbf" + some_json(rng),
    "body/JSON, no object": lambda rng: rng.choice([b"[]", b"null", b"1", b'"text"', b"[{}]", b"true", b"0"]),
    "body/white space": lambda rng: b"\r\n " + some_json(rng) + b" \n",
    "body/NUL": lambda rng: rng.choice([b"\0", b'{"a":"\\u0000"}', some_json(rng) + b"\0"]),
    "body/name twice": lambda rng: b'{"id":"evt_1","id":"evt_2"}',
    "body/large": lambda rng: json.dumps({"id": "evt_1", "text": "x" * rng.randrange(2000, 9000)}).encode(),
    "body/no fields": lambda rng: b"{}",
    "body/lone surrogate": lambda rng: b'{"a":"\\ud800"}',
    "body/dot first": lambda rng: b'.{"id":"evt_1"}',
}


def some_form(rng):
    names = [rng.choice(["To", "From", "Body", "Digits", "é"]) + str(n) for n in range(rng.randrange(1, 5))]
    pairs = [(name, rng.choice(["1", "a b", "+1", "♥&="])) for name in names]
    return urllib.parse.urlencode(pairs).encode()


FORMS = {
    "form/value twice": lambda rng: b"Digits=1&Digits=1&To=x",
    "form/name twice": lambda rng: b"Digits=2&Digits=1&To=x",
    "form/empty value": lambda rng: b"To=&From=1",
    "form/no equals": lambda rng: b"To&From=1",
    "form/empty": lambda rng: b"",
    "form/escapes": lambda rng: rng.choice([b"a=%2", b"a=%zz", b"a=%", b"a=%25"]),
    "form/not UTF-8": lambda rng: b"a=%ff",
    "form/empty pieces": lambda rng: b"&a=1&&b=2&",
    "form/case of names": lambda rng: b"b=1&A=2&a=3&B=4",
    "form/no name": lambda rng: b"=1&a=2",
}


# ---- what can be strange about a time


TIMES = {
    "time/plus": "+{t}",
    "time/zero in front": "0{t}",
    "time/zeros in front": "0000{t}",
    "time/space in front": " {t}",
    "time/space behind": "{t} ",
    "time/tab in front": "\t{t}",
    "time/fraction of zero": "{t}.0",
    "time/fraction": "{t}.5",
    "time/point": "{t}.",
    "time/exponent": "1.7e9",
    "time/hexadecimal": "0x6553f100",
    "time/underscores": "1_700_000_000",
    "time/letters behind": "{t}abc",
    "time/second number": "{t} 1",
    "time/minus": "-{t}",
    "time/zero": "0",
    "time/empty": "",
    "time/no number": "now",
    "time/NaN": "NaN",
    "time/infinity": "Infinity",
    "time/milliseconds": "{t}000",
    "time/largest": "9223372036854775807",
    "time/smallest": "-9223372036854775808",
    "time/beyond 64 bits": "18446744073709551616",
    "time/400 digits": "9" * 400,
    "time/quoted": '"{t}"',
    "time/no-break space": "\xa0{t}",
    "time/superscript": "170000000\xb9",
    "time/date": "2023-11-14T22:13:20Z",
}

BORDERS = {
    "time/as old as can be": -300,
    "time/too old by a second": -301,
    "time/too old": -86_400,
    "time/as far ahead as can be": 300,
    "time/too far ahead by a second": 301,
    "time/too far ahead": 86_400,
}


def change_time(rng, request):
    # The border is as frequent as all the others.
    if rng.random() < 0.3:
        trait = rng.choice(list(BORDERS))
        request.time = str(NOW + BORDERS[trait])
    else:
        trait = rng.choice(list(TIMES))
        request.time = TIMES[trait].format(t=NOW)
        # Some verifiers sign the number that they have read, and not what stands there.
        if rng.random() < 0.5:
            request.signed_time = str(NOW)
            request.traits.append("time/signed as a number")
    request.traits.append(trait)


# ---- what can be strange about an id


IDS = {
    "id/dot": "msg.1",
    "id/reframed": None,
    "id/empty": "",
    "id/space": "msg 1",
    "id/space in front": " msg_1",
    "id/long": "m" * 5000,
    "id/Latin-1": "msg_é",
    "id/comma": "a,b",
}


def change_id(rng, request):
    trait = rng.choice(list(IDS))
    request.traits.append(trait)
    if trait == "id/reframed":
        # The bytes of a message that was signed as `id`, `time`, `time.body`.
        request.id = f"{request.id}.{request.time}"
        return
    request.id = IDS[trait]


# ---- what can be strange about a signature


def flip(text, rng):
    # The last digits of base64 have bits that no byte has.
    at = rng.randrange(max(1, len(text) - 3))
    other = rng.choice([c for c in "0123456789abcdef" if c != text[at].lower()])
    return text[:at] + other + text[at + 1 :]


def trailing_bits(text):
    # The last digit has bits that no byte has: another one decodes to the same bytes in a lenient decoder.
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    digits = text.rstrip("=")
    last = alphabet.index(digits[-1])
    return digits[:-1] + alphabet[last + 1 if last + 1 < 64 else last - 1] + "=" * (len(text) - len(digits))


SIGNATURES = {
    "signature/wrong": flip,
    "signature/first byte alone": lambda text, rng: text[:2],
    "signature/first character alone": lambda text, rng: text[:1],
    "signature/cut": lambda text, rng: text[: rng.randrange(1, len(text))],
    "signature/longer": lambda text, rng: text + text[:4],
    "signature/empty": lambda text, rng: "",
    "signature/twice": lambda text, rng: text + text,
    "signature/space in front": lambda text, rng: " " + text,
    "signature/space behind": lambda text, rng: text + " ",
    "signature/tab behind": lambda text, rng: text + "\t",
    "signature/space inside": lambda text, rng: text[:8] + " " + text[8:],
    "signature/quoted": lambda text, rng: f'"{text}"',
    "signature/Latin-1": lambda text, rng: text[:-1] + "é",
    "signature/no-break space": lambda text, rng: text + "\xa0",
    "signature/comma behind": lambda text, rng: text + ",",
    "signature/equals behind": lambda text, rng: text + "=",
    "signature/upper case": lambda text, rng: text.upper(),
    "signature/mixed case": lambda text, rng: "".join(rng.choice([c, c.upper()]) for c in text),
}

OF_HEX = {
    "signature/0x": lambda text, rng: "0x" + text,
    "signature/base64 instead": lambda text, rng: sixty_four(bytes.fromhex(text)),
    "signature/colons": lambda text, rng: ":".join(text[n : n + 2] for n in range(0, len(text), 2)),
}

OF_BASE64 = {
    "signature/no padding": lambda text, rng: text.rstrip("="),
    "signature/more padding": lambda text, rng: text + "=",
    "signature/URL alphabet": lambda text, rng: text.replace("+", "-").replace("/", "_"),
    "signature/URL alphabet, no padding": lambda text, rng: text.replace("+", "-").replace("/", "_").rstrip("="),
    "signature/trailing bits": lambda text, rng: trailing_bits(text),
    "signature/hexadecimal instead": lambda text, rng: base64.b64decode(text).hex(),
    "signature/characters outside the alphabet": lambda text, rng: text[:4] + "!" + text[4:],
}


def change_signature(rng, request):
    family = request.family
    changes = SIGNATURES | (OF_HEX if family.encode is hexed else OF_BASE64)
    trait = rng.choice(list(changes))
    right = family.encode
    request.write = lambda tag: changes[trait](right(tag), rng)
    request.traits.append(trait)


# ---- what can be strange about a list


def change_list(rng, request):
    family = request.family
    name, time_name, pair = family.names
    item = lambda text: f"{name}{pair}{text}"
    wrong = family.encode(b"\x5a" * 32)
    time = [] if time_name is None else [f"{time_name}{pair}{request.time}"]
    other_time = lambda delta: f"{time_name}{pair}{NOW + delta}"
    by = family.listed
    changes = {
        "list/wrong first": lambda right: time + [item(wrong), item(right)],
        "list/wrong second": lambda right: time + [item(right), item(wrong)],
        "list/twice": lambda right: time + [item(right), item(right)],
        "list/no signature first": lambda right: time + [item("dummy"), item(right)],
        "list/other version first": lambda right: time + [f"v0{pair}{wrong}", item(right)],
        "list/other version behind": lambda right: time + [item(right), f"v9{pair}x"],
        "list/32 entries": lambda right: time + [item(wrong)] * 31 + [item(right)],
        "list/33 entries": lambda right: time + [item(wrong)] * 32 + [item(right)],
        "list/33 entries, the first right": lambda right: time + [item(right)] + [item(wrong)] * 32,
        "list/other version alone": lambda right: time + [f"{rng.choice(['v0', 'v2', 'v1a', 'v01', 'v', 'h2'])}{pair}{right}"],
        "list/version in upper case": lambda right: time + [f"{name.upper()}{pair}{right}"],
        "list/empty piece first": lambda right: [""] + time + [item(right)],
        "list/empty piece last": lambda right: time + [item(right), ""],
        "list/empty piece between": lambda right: time + ["", item(right)] if time else [item(wrong), "", item(right)],
        "list/piece without a name": lambda right: time + ["x", item(right)],
        "list/piece without a name behind": lambda right: time + [item(right), "x"],
        "list/name alone": lambda right: time + [name, item(right)],
        "list/empty entry first": lambda right: time + [item(""), item(right)],
        "list/empty entry behind": lambda right: time + [item(right), item("")],
        "list/empty name": lambda right: time + [f"{pair}x", item(right)],
        "list/third part": lambda right: time + [item(right) + pair + "x"],
        "list/third part in another entry": lambda right: time + [item("a" + pair + "b"), item(right)],
        "list/space around the name": lambda right: time + [f" {name}{pair}{right}"],
        "list/space before the value": lambda right: time + [f"{name}{pair} {right}"],
        "list/nothing": lambda right: [],
    }
    if time:
        changes |= {
            "list/signature before the time": lambda right: [item(right)] + time,
            "list/no time": lambda right: [item(right)],
            "list/time twice": lambda right: time + time + [item(right)],
            "list/two times, the first right": lambda right: time + [other_time(-1), item(right)],
            "list/two times, the last right": lambda right: [other_time(-1)] + time + [item(right)],
            "list/time in upper case": lambda right: [time[0].upper(), item(right)],
        }
    trait = rng.choice(list(changes) + ["list/other separator"])
    request.traits.append(trait)
    if trait == "list/other separator":
        other = rng.choice([separator for separator in [", ", "; ", ";", ",", " ", "  ", "|", "\t"] if separator != by])
        request.arrange = lambda right: other.join(time + [item(right), item(wrong)])
    else:
        request.arrange = lambda right: by.join(changes[trait](right))


# ---- what can be strange about headers, once all is signed


def change_headers(rng, request):
    headers = request.headers
    at = rng.randrange(len(headers))
    name, value = headers[at]
    changes = {
        "header/missing": lambda: headers.pop(at),
        "header/empty": lambda: headers.__setitem__(at, [name, ""]),
        "header/twice": lambda: headers.append([name, value]),
        "header/twice, the first wrong": lambda: headers.insert(at, [name, flip(value or "x", rng)]),
        "header/twice, the last wrong": lambda: headers.append([name, flip(value or "x", rng)]),
        "header/other case": lambda: headers.__setitem__(at, [name.title(), value]),
        "header/prefix in other case": lambda: headers.__setitem__(at, [name, value.capitalize()]),
        "header/comma behind": lambda: headers.__setitem__(at, [name, value + ","]),
        "header/4097 bytes": lambda: headers.__setitem__(at, [name, value + "x" * (4097 - len(value))]),
        "header/others beside": lambda: headers.extend([["user-agent", "x"], ["x-forwarded-host", "evil.example"]]),
        "header/SHA-1 alone": lambda: headers.__setitem__(at, ["x-hub-signature", value.replace("sha256", "sha1")]),
        "header/without its prefix": lambda: headers.__setitem__(at, [name, value.split("=", 1)[-1]]),
    }
    trait = rng.choice(list(changes))
    changes[trait]()
    request.traits.append(trait)


# ---- what can be strange about a secret. Each is signed with what a lenient reader takes for the key.


def change_secret(rng, request):
    is_encoded = request.secret.startswith("whsec_")
    raw = request.key
    text = request.secret
    if is_encoded:
        encoded = base64.b64encode(raw).decode()
        # Few, since each verifier keeps what it has made of a secret.
        short = bytes(range(1, rng.choice([2, 9, 16])))
        long = bytes(range(1, rng.choice([17, 65, 101])))
        url = b"\xfb\xef\xbe" * 8
        changes = {
            "secret/no prefix": (encoded, raw),
            "secret/v1 and prefix": ("v1," + text, raw),
            "secret/other prefix": ("whpk_" + encoded, raw),
            "secret/prefix in upper case": ("WHSEC_" + encoded, raw),
            "secret/prefix twice": ("whsec_" + text, raw),
            "secret/no padding": ("whsec_" + base64.b64encode(raw[:23]).decode().rstrip("="), raw[:23]),
            "secret/URL alphabet": ("whsec_" + base64.urlsafe_b64encode(url).decode(), url),
            "secret/line feed behind": (text + "\n", raw),
            "secret/space in front": (" " + text, raw),
            "secret/short": ("whsec_" + base64.b64encode(short).decode(), short),
            "secret/long": ("whsec_" + base64.b64encode(long).decode(), long),
            "secret/prefix alone": ("whsec_", b""),
            "secret/empty": ("", b""),
            "secret/padding alone": ("whsec_====", b""),
            "secret/no base64": ("whsec_!!!!", b""),
            "secret/zeros": ("whsec_" + base64.b64encode(bytes(24)).decode(), bytes(24)),
        }
    else:
        changes = {
            "secret/empty": ("", b""),
            "secret/blank": ("   ", b"   "),
            "secret/line feed behind": (text + "\n", (text + "\n").encode()),
            "secret/line feed behind, signed without": (text + "\n", text.encode()),
            "secret/space in front": (" " + text, (" " + text).encode()),
            "secret/one character": ("x", b"x"),
            "secret/Unicode": ("gehéim♥" + text, ("gehéim♥" + text).encode()),
            "secret/long": (text * 20, (text * 20).encode()),
            "secret/NUL": (text + "\0", (text + "\0").encode()),
            "secret/looks like base64": (base64.b64encode(raw).decode(), base64.b64encode(raw)),
            "secret/prefix alone": ("whsec_", b"whsec_"),
        }
    trait = rng.choice(list(changes))
    request.secret, request.key = changes[trait]
    request.traits.append(trait)
