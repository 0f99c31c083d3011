// The page of the inspector. What a sender wrote gets into it as text (`textContent`), never as HTML.
"use strict";

(() => {
  const base = new URL(".", document.currentScript.src);

  // The word for a state, what it means, and its colour.
  const STATES = {
    "arriving": ["Arriving", "Its body is on its way.", "calm"],
    "broken-off": ["Broken off", "Its client went away before there was a verdict.", "warn"],
    "refused": ["Refused", "It is not genuine, or could not be judged. No handler saw it.", "bad"],
    "would-be-refused": ["Would be refused", "Its endpoint only observes, so it went on to the handler.", "warn"],
    "answered": ["Answered", "It was a question of the provider, and has its answer.", "calm"],
    "handling": ["In progress", "It is genuine, and its handler is at work.", "calm"],
    "in-flight": ["In progress elsewhere", "Another delivery of its event is being handled; the provider is asked to try again.", "warn"],
    "duplicate": ["Duplicate", "Its event was handled before. The provider heard that all is well.", "calm"],
    "not-claimed": ["Not claimed", "The replay store did not answer; the provider is asked to try again.", "bad"],
    "abandoned": ["Abandoned", "Its handler panicked, failed, or its client went away. The event is given back.", "bad"],
    "unguarded": ["Handled", "Its handler has answered. Nothing guards the event: a repeat would be handled too.", "good"],
    "committed": ["Handled", "Its handler has answered, and the event is done: a repeat is a duplicate.", "good"],
    "released": ["Released", "Its handler did not finish, so the event was given back: the provider's retry is handled.", "warn"],
    "rolled-back": ["Rolled back", "The handler's transaction was not committed, so the event was given back.", "warn"],
    "lease-lost": ["Lease lost", "The handler outlived its lease: another delivery of the event may have been handled.", "bad"],
    "not-stored": ["Not stored", "The handler has answered, but the replay store could not be told.", "bad"],
  };
  // Of those that no handler was at work for there is no replay state to tell.
  const GUARDED = new Set(["handling", "in-flight", "duplicate", "not-claimed", "abandoned", "unguarded", "committed",
    "released", "rolled-back", "lease-lost", "not-stored"]);
  const REPLAY_WORDS = {
    "handling": "in progress", "in-flight": "in progress elsewhere", "duplicate": "duplicate", "not-claimed": "not claimed",
    "abandoned": "given back", "unguarded": "unguarded", "committed": "first, done", "released": "first, given back",
    "rolled-back": "first, rolled back", "lease-lost": "lease lost", "not-stored": "first, not stored",
  };
  const VERDICTS = {
    "verified": "verified", "refused": "refused", "would-be-refused": "would be refused", "answered": "question", "none": "none yet",
  };
  // The list is asked for at most this often, in milliseconds, however many deliveries come.
  const PAUSE = 250;

  const at = (id) => document.getElementById(id);
  const list = at("deliveries");
  const detail = at("detail");
  const columns = document.querySelector(".columns");
  const search = at("search");

  let deliveries = [];
  let known = new Set();
  let chosen = null;
  let shown = "";
  let allowsReplay = false;

  // An element with a class and children, which are elements or texts.
  function make(name, className, ...children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function stateOf(delivery) {
    return STATES[delivery.state] ?? [delivery.state, "", "calm"];
  }

  function badge(delivery) {
    const [word, , tone] = stateOf(delivery);
    const element = make("span", "state", word);
    element.dataset.tone = tone;
    return element;
  }

  const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

  function time(unix) {
    const date = new Date(unix);
    return `${clock.format(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
  }

  function millis(value) {
    if (value === null) return null;
    if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
    return value >= 10 ? `${value.toFixed(0)} ms` : `${value.toFixed(2)} ms`;
  }

  function bytes(count) {
    if (count < 1024) return `${count} B`;
    return count < 1024 * 1024 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 / 1024).toFixed(1)} MiB`;
  }

  function skew(seconds) {
    if (seconds === null) return null;
    const size = Math.abs(seconds) < 10 ? Math.abs(seconds).toFixed(1) : Math.abs(seconds).toFixed(0);
    return seconds >= 0 ? `${size} s old` : `${size} s ahead`;
  }

  // What a delivery is called: its type, else its endpoint, else that nobody knows it.
  function nameOf(delivery) {
    return delivery.event_type ?? delivery.endpoint ?? "No endpoint";
  }

  // The list

  function row(delivery) {
    const where = delivery.replay_of ? [`replay of ${delivery.replay_of}`] : [];
    where.push(delivery.event_type && delivery.endpoint ? delivery.endpoint : delivery.target);
    if (delivery.code ?? delivery.event_id) where.push(delivery.code ?? delivery.event_id);
    const item = make("li", known.has(delivery.id) ? "" : "new",
      make("span", "what", nameOf(delivery)),
      badge(delivery),
      make("span", "where", where.join(" · ")),
      make("span", "when", time(delivery.at)));
    item.id = `delivery-${delivery.id}`;
    item.dataset.id = delivery.id;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(delivery.id === chosen));
    return item;
  }

  function drawList() {
    list.replaceChildren(...deliveries.map(row));
    if (known.size > 0 && !search.value) {
      const fresh = deliveries.filter((delivery) => !known.has(delivery.id));
      if (fresh.length > 0) say(`New: ${nameOf(fresh[0])}, ${stateOf(fresh[0])[0]}`);
    }
    known = new Set([...known, ...deliveries.map((delivery) => delivery.id)]);
    markChosen(false);
    const empty = at("empty");
    empty.hidden = deliveries.length > 0;
    list.hidden = deliveries.length === 0;
    empty.replaceChildren(...(search.value
      ? [make("strong", "", "Nothing found"), "No delivery that is kept has this in its headers, payload or reason. What is masked is not searched."]
      : [make("strong", "", "No deliveries yet"), "They appear here as they come, refused ones too."]));
  }

  function markChosen(scrolls) {
    for (const item of list.children) {
      const isChosen = Number(item.dataset.id) === chosen;
      item.setAttribute("aria-selected", String(isChosen));
      if (isChosen && scrolls) item.scrollIntoView({ block: "nearest" });
    }
    const active = at(`delivery-${chosen}`);
    if (active) list.setAttribute("aria-activedescendant", active.id);
    else list.removeAttribute("aria-activedescendant");
  }

  function choose(id, { opens = false } = {}) {
    chosen = id;
    markChosen(true);
    if (opens) {
      columns.dataset.shows = "detail";
      history.replaceState(null, "", `#${id}`);
    }
    return drawDetail(opens);
  }

  function step(by) {
    if (deliveries.length === 0) return;
    const now = deliveries.findIndex((delivery) => delivery.id === chosen);
    const next = now < 0 ? 0 : Math.min(deliveries.length - 1, Math.max(0, now + by));
    choose(deliveries[next].id);
  }

  function close() {
    delete columns.dataset.shows;
    history.replaceState(null, "", location.pathname + location.search);
    list.focus();
  }

  // One delivery

  async function drawDetail(focuses) {
    const id = chosen;
    if (id === null) {
      shown = "";
      detail.replaceChildren(make("p", "empty",
        make("strong", "", "Choose a delivery"), "With the arrow keys, or by a click. Enter goes to it, Escape back, / searches."));
      return;
    }
    const response = await fetch(new URL(`deliveries/${id}`, base));
    const text = await response.text();
    if (id !== chosen) return;
    if (text !== shown) {
      shown = text;
      detail.replaceChildren(...(response.ok
        ? parts(JSON.parse(text))
        : [back(), make("p", "empty", make("strong", "", "Not kept any more"), "Newer deliveries took its place.")]));
    }
    if (focuses) {
      detail.scrollTop = 0;
      detail.focus();
    }
  }

  function back() {
    const button = make("button", "back", "← All deliveries");
    button.type = "button";
    button.addEventListener("click", close);
    return button;
  }

  function parts(delivery) {
    return [
      back(),
      make("div", "title", make("h2", "", nameOf(delivery)), badge(delivery)),
      make("p", "target", `${delivery.method} ${delivery.target}`),
      verdict(delivery),
      facts(delivery),
      actions(delivery),
      ...payload(delivery),
      ...headers(delivery),
    ].filter((part) => part !== null);
  }

  function verdict(delivery) {
    const [, meaning, tone] = stateOf(delivery);
    const box = make("section", "said-so", make("p", "", delivery.reason ? sentence(delivery.reason) : meaning));
    box.setAttribute("aria-label", "Verdict");
    box.dataset.tone = tone;
    if (delivery.code) box.firstChild.prepend(make("span", "code", delivery.code));
    const more = delivery.findings.filter((finding) => finding.message !== delivery.reason);
    const findings = more.map((finding) => make("li", finding.is_proven ? "proven" : "",
      make("span", "code", finding.code), sentence(finding.message), finding.is_proven ? " Shown by a trial." : null));
    const notes = delivery.notes.map((note) => make("li", "", sentence(note)));
    if (findings.length + notes.length > 0) box.append(make("ul", "", ...findings, ...notes));
    return box;
  }

  function sentence(text) {
    const whole = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.?!…]$/.test(whole) ? whole : `${whole}.`;
  }

  function facts(delivery) {
    const pairs = [
      ["Arrived", `${day.format(new Date(delivery.at))}, ${time(delivery.at)}`],
      ["Endpoint", delivery.endpoint],
      ["Provider", delivery.provider],
      ["Tenant", delivery.tenant],
      ["Verdict", VERDICTS[delivery.verdict] ?? delivery.verdict],
      ["Replay state", GUARDED.has(delivery.state) ? REPLAY_WORDS[delivery.state] : null],
      ["Event id", delivery.event_id],
      ["Key", delivery.key_id],
      ["Age when it came", skew(delivery.skew_seconds)],
      ["Answer", delivery.status === null ? null : String(delivery.status)],
      ["Verified in", millis(delivery.verify_ms)],
      ["Handled in", millis(delivery.handler_ms)],
      ["In all", millis(delivery.total_ms)],
      ["Replay of", delivery.replay_of === null ? null : `number ${delivery.replay_of}`],
    ];
    const known = pairs.filter(([, value]) => value !== null && value !== undefined);
    return make("dl", "facts", ...known.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value))));
  }

  function actions(delivery) {
    if (!allowsReplay) return null;
    const button = make("button", "", "Replay to the handler");
    button.type = "button";
    button.disabled = delivery.not_replayable !== null;
    const note = make("p", "note", delivery.not_replayable
      ? sentence(`not replayable: ${delivery.not_replayable}`)
      : "The handler gets it once more, also if its event is done.");
    button.addEventListener("click", () => replay(delivery.id, button, note));
    return make("div", "actions", button, note);
  }

  async function replay(id, button, note) {
    button.disabled = true;
    note.textContent = "Handing it on…";
    try {
      const response = await fetch(new URL(`deliveries/${id}/replay`, base),
        { method: "POST", headers: { "x-webhook-inspector": "replay" } });
      const answer = response.headers.get("content-type")?.startsWith("application/json")
        ? await response.json() : { error: await response.text() };
      if (response.ok) {
        note.textContent = answer.status === null
          ? `Number ${answer.id}: the service failed.`
          : `Number ${answer.id}: the handler's answer is ${answer.status}.`;
      } else {
        note.textContent = sentence(answer.error.trim());
      }
    } catch {
      note.textContent = "The server can't be reached.";
    }
    say(note.textContent);
    button.disabled = false;
  }

  function headers(delivery) {
    const rows = delivery.headers.map((header) => {
      const value = header.value === null
        ? make("dd", "masked", `•••••••• masked, ${header.len} characters`)
        : make("dd", "", header.value);
      return make("div", "", make("dt", "", header.name), value);
    });
    return rows.length === 0 ? [] : [make("h3", "", "Headers"), make("dl", "headers", ...rows)];
  }

  function payload(delivery) {
    const body = delivery.body;
    const about = [bytes(body.len)];
    if (body.is_unpacked) about.push("unpacked");
    if (body.kind === "json" || body.kind === "form") about.push("printed for reading");
    if (body.kind === "hex") about.push("no text");
    const heading = make("h3", "", "Payload", make("small", "", about.join(", ")));
    if (body.kind === "empty") return [heading, make("p", "note", "There is none, or it was not read before the verdict.")];
    if (body.kind === "withheld") {
      return [heading, make("p", "note", "Not shown: a credential stands in it, at a place that could not be found.")];
    }
    const text = make("pre", "body");
    text.tabIndex = 0;
    text.setAttribute("aria-label", "Payload");
    if (body.kind === "json") text.append(...coloured(body.text));
    else text.textContent = body.text;
    const cut = body.kept < body.len
      ? make("p", "note", `Cut: ${bytes(body.kept)} of ${bytes(body.len)} are kept.`) : null;
    return [heading, text, cut];
  }

  // The text of JSON with its names, texts and other values in colour.
  function* coloured(text) {
    const token = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\b\d[\d.eE+-]*|\b(?:true|false|null)\b/g;
    let end = 0;
    for (const match of text.matchAll(token)) {
      if (match.index > end) yield text.slice(end, match.index);
      const [whole, string, colon] = match;
      if (string === undefined) yield make("span", "value", whole);
      else yield make("span", colon ? "name" : "text", string);
      if (colon) yield colon;
      end = match.index + whole.length;
    }
    yield text.slice(end);
  }

  // Live

  let asks = false;
  let asksAgain = false;

  // Asks for the list; while an answer is on its way, once more after it.
  async function refresh() {
    if (asks) {
      asksAgain = true;
      return;
    }
    asks = true;
    try {
      const url = new URL("deliveries", base);
      const wanted = search.value.trim();
      if (wanted) url.searchParams.set("q", wanted);
      const response = await fetch(url);
      if (!response.ok) throw new Error(String(response.status));
      const listing = await response.json();
      deliveries = listing.deliveries;
      allowsReplay = listing.allows_replay;
      at("held").textContent = `${listing.held} of ${listing.limits.deliveries} kept`;
      at("held").title = `${bytes(listing.bytes)} of ${bytes(listing.limits.bytes)}`;
      drawList();
      await drawDetail(false);
    } catch {
      live("off", "not connected");
    }
    setTimeout(() => {
      asks = false;
      if (asksAgain) {
        asksAgain = false;
        refresh();
      }
    }, PAUSE);
  }

  function live(state, word) {
    at("live").dataset.live = state;
    at("live").textContent = word;
  }

  function say(text) {
    at("said").textContent = text;
  }

  const events = new EventSource(new URL("events", base));
  events.addEventListener("open", () => live("on", "live"));
  events.addEventListener("error", () => live("off", "not connected"));
  events.addEventListener("message", () => {
    live("on", "live");
    refresh();
  });

  // Keys and clicks

  list.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (item) choose(Number(item.dataset.id), { opens: true });
  });

  list.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (event.key in moves) {
      step(moves[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      if (chosen === null) step(0);
      if (chosen !== null) choose(chosen, { opens: true });
    } else {
      return;
    }
    event.preventDefault();
  });

  search.addEventListener("input", refresh);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      list.focus();
      if (chosen === null || !deliveries.some((delivery) => delivery.id === chosen)) step(-Infinity);
      event.preventDefault();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && event.target !== search) {
      search.focus();
      search.select();
      event.preventDefault();
    } else if (event.key === "Escape" && event.target === search) {
      search.value = "";
      refresh();
      list.focus();
      event.preventDefault();
    } else if (event.key === "Escape") {
      close();
    }
  });

  const linked = Number(location.hash.slice(1));
  if (linked > 0) choose(linked, { opens: true });
  else drawDetail(false);
  refresh();
})();
