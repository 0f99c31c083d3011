"""Asks every verifier the same questions, and counts where they disagree with axum-webhook. `run` starts it:

    compare.py COUNT SEED NAME=COMMAND…

A disagreement that is not in stricter.toml fails the run, and so does an entry of it that a large run has no use for.
With UPDATE_DIFFERENTIAL=1 the figures and the list go into docs/DIFFERENTIAL.md.
"""

import collections
import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import generate

HERE = Path(__file__).parent
PAGE = HERE / "../../docs/DIFFERENTIAL.md"
BATCH = 2000
# So many requests have every trait with every peer.
LARGE = 1_000_000


# What nobody has signed.
FORGED = {
    "body/changed on its way",
    "header/missing",
    "list/nothing",
    "list/other version alone",
    "signature/cut",
    "signature/empty",
    "signature/first byte alone",
    "signature/first character alone",
    "signature/wrong",
    "time/too far ahead",
    "time/too old",
}


class Verifier:
    """A process that answers batches: requests in, an empty line, as many lines of answers out."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, lines):
        self.process.stdin.write("".join(lines) + "\n")
        self.process.stdin.flush()

    def answers(self, count):
        for _ in range(count):
            line = self.process.stdout.readline()
            if not line:
                sys.exit(f"FAIL: {self.name} ended")
            yield dict(answer.rsplit("=", 1) for answer in line.split())

    def stop(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit(f"FAIL: {self.name} ended with {self.process.returncode}")


class Known:
    """An entry of the list."""

    def __init__(self, entry):
        self.name, self.because = entry["name"], entry["because"]
        self.peers, self.traits = entry["peers"], set(entry["traits"])
        # Who says yes: "they" where we are stricter, "we" where they are.
        self.accepts = entry["accepts"]
        self.count = 0
        self.used = set()

    def explains(self, peer, traits, accepts):
        return self.accepts == accepts and peer in self.peers and not self.traits.isdisjoint(traits)


class Comparison:
    def __init__(self):
        self.known = [Known(entry) for entry in tomllib.loads((HERE / "stricter.toml").read_text())["known"]]
        # Of each peer: both accept, both refuse, they alone accept, we alone accept.
        self.peers = collections.defaultdict(collections.Counter)
        self.unknown = collections.defaultdict(list)
        self.accepted = self.count = 0

    def take(self, request, ours, others):
        self.count += 1
        self.accepted += ours
        # Whatever the others say.
        if ours != (not request["traits"]) and (not request["traits"] or not FORGED.isdisjoint(request["traits"])):
            self.unknown[("all of them", "we wrongly" if ours else "we do not", tuple(request["traits"]))].append(request)
        for peer, theirs in others.items():
            self.peers[peer][(ours, theirs)] += 1
            if ours == theirs:
                continue
            accepts = "they" if theirs else "we"
            entry = next((known for known in self.known if known.explains(peer, request["traits"], accepts)), None)
            if entry:
                entry.count += 1
                entry.used |= {(peer, trait) for trait in entry.traits.intersection(request["traits"])}
            else:
                self.unknown[(peer, accepts, tuple(request["traits"]))].append(request)

    def report(self):
        """Whether everything is as it should be."""
        for line in self.figures():
            print(line)
        for (peer, accepts, traits), requests in sorted(self.unknown.items(), key=lambda item: -len(item[1])):
            print(f"FAIL {len(requests)} times {accepts} accept, {peer}: {', '.join(traits) or 'nothing strange'}")
            print(f"     {json.dumps(requests[0])[:600]}")
        unused = [known.name for known in self.known if not known.count]
        if self.count >= LARGE:
            for known in self.known:
                for peer in known.peers:
                    if peer in self.peers and not any(peer == used for used, _ in known.used):
                        unused.append(f"{known.name}: {peer}")
                for trait in known.traits:
                    if not any(trait == used for _, used in known.used):
                        unused.append(f"{known.name}: {trait}")
            for name in unused:
                print(f"FAIL no use for: {name}")
        return not self.unknown and (self.count < LARGE or not unused)

    def figures(self):
        yield "| peer | both accept | both refuse | we alone refuse | we alone accept |"
        yield "|---|--:|--:|--:|--:|"
        for peer, counts in sorted(self.peers.items()):
            cells = [counts[pair] for pair in [(True, True), (False, False), (False, True), (True, False)]]
            yield f"| {peer} | " + " | ".join(map(thousands, cells)) + " |"

    def list(self, accepts):
        for known in self.known:
            if known.accepts == accepts:
                traits = ", ".join(sorted(known.traits))
                peers = ", ".join(f"`{peer}`" for peer in known.peers)
                yield f"- **{known.name}** ({thousands(known.count)}): {known.because} *{traits}*; {peers}."

    def write(self, seed):
        page = PAGE.read_text()
        summary = f"{thousands(self.count)} requests (seed {seed}), of which we accept {thousands(self.accepted)}:"
        for name, lines in [
            ("figures", [summary, "", *self.figures()]),
            ("stricter", list(self.list("they"))),
            ("looser", list(self.list("we"))),
        ]:
            block = "\n".join([f"<!-- {name} -->", *lines, f"<!-- end of {name} -->"])
            pattern = f"<!-- {name} -->.*<!-- end of {name} -->"
            page = re.sub(pattern, lambda _, block=block: block, page, flags=re.DOTALL)
        PAGE.write_text(page)


def thousands(number):
    return f"{number:,}".replace(",", " ")


def batches(seed, count):
    batch = []
    for request in generate.requests(seed, count):
        batch.append(request.line())
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    verifiers = [Verifier(*argument.split("=", 1)) for argument in sys.argv[3:]]
    comparison = Comparison()
    start = time.monotonic()
    for batch in batches(seed, count):
        lines = [json.dumps(request) + "\n" for request in batch]
        for verifier in verifiers:
            verifier.ask(lines)
        for request, *answers in zip(batch, *(verifier.answers(len(batch)) for verifier in verifiers), strict=True):
            others = {name: answer == "+" for answers in answers for name, answer in answers.items()}
            comparison.take(request, others.pop("ours"), others)
    for verifier in verifiers:
        verifier.stop()
    is_right = comparison.report()
    if os.environ.get("UPDATE_DIFFERENTIAL"):
        comparison.write(seed)
    verdict = "as known" if is_right else "NOT as known"
    took = f"{time.monotonic() - start:.0f} s"
    print(f"{thousands(comparison.count)} requests in {took}, {len(comparison.peers)} peers: {verdict}")
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
