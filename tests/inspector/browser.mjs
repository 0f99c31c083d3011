// Looks at the inspector with a headless Chromium. `run` starts it:
//
//   node browser.mjs RECEIVER CHROMIUM FOLDER
//
// The receiver is a process of its own, and what it shows came over its socket: by the `curl` lines that it prints itself, and
// by deliveries that are signed here. Screenshots are written to FOLDER.

import { execFile, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const [receiverProgram, browserProgram, folder] = process.argv.slice(2);
const PATIENCE = 10_000;
// Of examples/receiver.toml, which says that it is for trying it out only.
const GITHUB_SECRET = "It's a Secret to Everybody";
const STRIPE_SECRET = 'whsec_only_for_trying_it_out';

let passed = 0;

function need(condition, reason) {
  if (!condition) throw new Error(reason);
}

async function step(name, work) {
  try {
    await work();
  } catch (error) {
    console.log(`FAIL ${name}: ${error.stack}`);
    throw error;
  }
  passed += 1;
  console.log(`ok ${name}`);
}

// Asks until it holds.
async function until(what, holds) {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    need(Date.now() < end, `it does not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

// ---- the receiver

const receiver = spawn(receiverProgram, ['--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
const said = [];
const printed = [];
createInterface({ input: receiver.stderr }).on('line', (line) => said.push(line));
createInterface({ input: receiver.stdout }).on('line', (line) => printed.push(JSON.parse(line)));
const ended = new Promise((resolve) => receiver.on('exit', resolve));
process.on('exit', () => receiver.kill('SIGKILL'));

const after = (start) => said.find((line) => line.startsWith(start))?.slice(start.length);
await until('the receiver starts', () => said.filter((line) => line.startsWith('curl ')).length >= 7);
const origin = after('listening on ');
const url = after('inspector at ');
need(url === `${origin}/inspector`, `the receiver says where the inspector is: ${url}`);
const lines = said.filter((line) => line.startsWith('curl '));

async function send(line) {
  const command = line.replace('curl -i', 'curl -s -o /dev/null -m 10 -w "%{http_code}"');
  return (await promisify(execFile)('bash', ['-c', command])).stdout;
}

const hmac = (secret, text) => createHmac('sha256', secret).update(text).digest('hex');

async function github(body, headers = {}, path = '') {
  const response = await fetch(`${origin}/webhooks/github${path}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-event': 'push',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': `sha256=${hmac(GITHUB_SECRET, body)}`,
      ...headers,
    },
  });
  return response.status;
}

async function stripe(event) {
  const body = JSON.stringify(event);
  const time = Math.floor(Date.now() / 1000);
  const signature = `t=${time},v1=${hmac(STRIPE_SECRET, `${time}.${body}`)}`;
  const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature, 'user-agent': 'Stripe/1.0' };
  return (await fetch(`${origin}/webhooks/stripe`, { method: 'POST', body, headers })).status;
}

// What a payment provider sends, for the screenshots too.
const CHARGE = {
  id: 'evt_3PqKf2LkdIwHu7ix0', object: 'event', api_version: '2025-09-30', type: 'charge.succeeded', livemode: false, created: 1792150000,
  data: { object: { id: 'ch_3PqKf2LkdIwHu7ix0', amount: 4200, currency: 'eur', paid: true, receipt_email: 'jenny@example.com',
    billing_details: { name: 'Jenny Rosen', address: { city: 'Berlin', country: 'DE' } }, client_secret: 'pi_3Pq_secret_x9Hk2' } },
};

// ---- the browser

const browser = await chromium.launch({
  executablePath: browserProgram,
  headless: true,
  chromiumSandbox: false,
  timeout: 60_000,
  args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
console.log(`Chromium ${browser.version()}`);
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light', timezoneId: 'UTC', locale: 'en-GB' });
context.setDefaultTimeout(PATIENCE);
const complaints = [];
const page = await context.newPage();
page.on('console', (message) => {
  if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
});
page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
page.on('dialog', (dialog) => {
  complaints.push(`dialog: ${dialog.message()}`);
  dialog.dismiss();
});
page.on('request', (request) => {
  if (!request.url().startsWith(`${origin}/`)) complaints.push(`request to ${request.url()}`);
});
page.on('response', (response) => {
  if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
});
await page.addInitScript(() => {
  addEventListener('securitypolicyviolation', (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
});

const options = page.getByRole('option');
const selected = page.locator('[role=option][aria-selected=true]');
const heading = page.locator('.detail h2');
const search = page.getByRole('searchbox');
const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);

async function shot(name) {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' });
}

// The lowest contrast of a text with what is behind it (WCAG 2.2, 1.4.3 asks for 4.5).
function contrast() {
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const colour = (text) => text.match(/[\d.]+/g).map(Number);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || element.closest('noscript, .said, .quiet-label, :disabled') || element.getClientRects().length === 0) continue;
    const [a, b] = [luminance(colour(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x);
    found.push({ ratio: (a + 0.05) / (b + 0.05), what: `${element.className || element.tagName}: ${element.textContent.slice(0, 30)}` });
  }
  return found.sort((x, y) => x.ratio - y.ratio)[0];
}

async function readable(name) {
  const { ratio, what } = await page.evaluate(contrast);
  need(ratio >= 4.5, `${name}: ${what} has a contrast of ${ratio.toFixed(2)}`);
}

try {
  await step('an empty page says what will come', async () => {
    await page.goto(url);
    await page.getByText('No deliveries yet').waitFor();
    await page.locator('#live[data-live=on]').waitFor();
    await shot('empty');
  });

  await step('the printed lines appear by themselves, and a copy and a forgery say what they are', async () => {
    for (const [number, line] of lines.entries()) {
      need((await send(line)) === '200', `line ${number} is accepted`);
      await until(`delivery ${number + 1} is listed`, async () => (await options.count()) === number + 1);
    }
    need((await send(lines[1])) === '200', 'the copy is answered as a success');
    await options.first().getByText('Duplicate').waitFor();
    need((await send(lines[1].replace('hello', 'hellO'))) === '401', 'the changed one is refused');
    await options.first().getByText('Refused').waitFor();
    need(printed.length === lines.length, `${printed.length} lines are printed`);
  });

  await step('a refusal says why', async () => {
    await options.first().click();
    const why = page.getByLabel('Verdict');
    await why.getByText('mismatch', { exact: true }).first().waitFor();
    await until('there are findings', async () => (await why.getByRole('listitem').count()) > 0);
    await page.locator('.masked').first().waitFor();
    await page.keyboard.press('Escape');
  });

  await step('without a mouse: search, choose, read, and go back', async () => {
    need((await stripe(CHARGE)) === 200, 'the charge is accepted');
    await options.first().getByText('charge.succeeded').waitFor();
    const all = await options.count();
    await page.keyboard.press('/');
    need((await focused()) === 'search', '/ goes to the search');
    await page.keyboard.type('jenny@example');
    await until('one is found', async () => (await options.count()) === 1);
    await page.keyboard.press('Enter');
    need((await focused()) === 'deliveries', 'Enter goes to the list');
    await page.keyboard.press('Enter');
    await heading.getByText('charge.succeeded').waitFor();
    await until('the delivery has the focus', async () => (await focused()) === 'detail');
    await page.keyboard.press('Escape');
    need((await focused()) === 'deliveries', 'Escape goes back to the list');
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await until('all are there again', async () => (await options.count()) === all);
    await page.keyboard.press('Home');
    const first = await selected.textContent();
    await page.keyboard.press('ArrowDown');
    need((await selected.count()) === 1 && (await selected.textContent()) !== first, 'an arrow chooses the next one');
    await page.keyboard.press('ArrowUp');
    need((await selected.textContent()) === first, 'and back');
    const active = await page.getByRole('listbox').getAttribute('aria-activedescendant');
    need(active === (await selected.getAttribute('id')), 'a screen reader hears which one');
    const outline = await selected.evaluate((item) => getComputedStyle(item).outlineStyle);
    need(outline !== 'none', 'the focus is seen');
  });

  await step('the signature, and what is under the name of a credential, is not on the page, and not found', async () => {
    await page.keyboard.press('Enter');
    await page.getByText('stripe-signature', { exact: true }).waitFor();
    const text = await page.content();
    need(!text.includes('pi_3Pq_secret') && !/v1=[0-9a-f]/.test(text), 'it is on the page');
    need(text.includes('jenny@example.com'), 'the payload is on the page');
    for (const line of lines) {
      for (const [, value] of line.matchAll(/-H '[a-z0-9-]*(?:signature|token|authorization)[a-z0-9-]*: ([^']+)'/g)) {
        const answer = await page.request.get(`${url}/deliveries?q=${encodeURIComponent(value.slice(-12))}`);
        need((await answer.json()).deliveries.length === 0, `${value} is found`);
      }
    }
  });

  await step('a delivery is replayed to the handler from the keyboard', async () => {
    const before = printed.length;
    const button = page.getByRole('button', { name: 'Replay to the handler' });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.locator('.actions .note', { hasText: "the handler's answer is 200" }).waitFor();
    await until('the handler prints it', async () => printed.length === before + 1);
    need(printed.at(-1).replay === 'operator' && printed.at(-1).event_id === CHARGE.id, JSON.stringify(printed.at(-1)));
    await options.first().getByText(/replay of/).waitFor();
    // What is refused can't be.
    await page.keyboard.press('Escape');
    await options.filter({ hasText: 'Refused' }).first().click();
    await page.getByText('Not replayable: only a genuine delivery can be handed to a handler.').waitFor();
    need(await button.isDisabled(), 'the button is off');
  });

  await step('what a sender wrote is text', async () => {
    const bad = '<img src=x onerror=alert(1)>';
    const body = JSON.stringify({ [bad]: `</script><script>alert(2)</script>${bad}`, number: -1.5e3, nothing: null });
    need((await github(body, { 'x-github-event': bad, 'x-hostile': `"'><svg onload=alert(3)>` }, '?a=%3Cscript%3E')) === 200, 'it is genuine');
    await options.first().getByText(bad).waitFor();
    await options.first().click();
    await heading.getByText(bad).waitFor();
    await page.locator('pre.body').getByText('</script><script>alert(2)</script>').waitFor();
    need((await page.locator('main img, main svg, main script').count()) === 0, 'it became an element');
    // In a page of its own, since it is a violation.
    const other = await context.newPage();
    await other.goto(url);
    const enforced = await other.evaluate(() => {
      try {
        document.createElement('p').innerHTML = '<b>x</b>';
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    });
    need(enforced, 'the browser takes a text for HTML');
    await other.close();
    await page.locator('pre.body .value').first().waitFor();
  });

  await step('a burst is followed, and the list stays where its reader is', async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Home');
    const chosen = await selected.getAttribute('id');
    const before = await options.count();
    const kinds = ['push', 'pull_request', 'check_run', 'issue_comment', 'workflow_run'];
    await Promise.all(Array.from({ length: 30 }, (_, number) => github(`{"burst":${number}}`,
      { 'x-github-event': kinds[number % kinds.length], 'x-github-delivery': randomUUID() })));
    await until('all are listed', async () => (await options.count()) === before + 30);
    need((await selected.getAttribute('id')) === chosen, 'another one is chosen');
  });

  await step('light and dark, at a desk', async () => {
    // A page that looks like a day's work.
    await stripe({ ...CHARGE, id: 'evt_3PqKg9LkdIwHu7ix1', type: 'invoice.paid' });
    await send(lines[0].replace('hello', 'hellO'));
    await stripe({ ...CHARGE, id: 'evt_3PqKh4LkdIwHu7ix2' });
    await stripe({ ...CHARGE, id: 'evt_3PqKh4LkdIwHu7ix2' });
    await until('the copy is listed', async () => (await options.first().textContent()).includes('Duplicate'));
    await options.nth(1).click();
    await heading.getByText('charge.succeeded').waitFor();
    await page.evaluate(() => document.querySelector('.list').scrollTo(0, 0));
    await shot('desktop-light');
    await readable('light');
    const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    need(light !== dark, 'dark is as light');
    await shot('desktop-dark');
    await readable('dark');
    await page.locator('[role=option]', { hasText: 'Refused' }).first().click();
    await page.getByLabel('Verdict').getByText('mismatch', { exact: true }).first().waitFor();
    await shot('refused-dark');
    await readable('refused, dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await shot('refused-light');
    await readable('refused, light');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const moves = await page.evaluate(() => document.getAnimations().length);
    need(moves === 0, 'something moves');
    const names = await options.first().evaluate((item) => { item.className = 'new'; return getComputedStyle(item).animationName; });
    need(names === 'none', `something would move: ${names}`);
  });

  await step('on a phone', async () => {
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = () => page.evaluate(() => document.scrollingElement.scrollWidth);
    need((await wide()) <= 390, `the list is ${await wide()} wide`);
    await shot('phone-list');
    await options.nth(1).click();
    await heading.getByText('charge.succeeded').waitFor();
    need(!(await page.locator('.list').isVisible()), 'the list gives way');
    need((await wide()) <= 390, `the delivery is ${await wide()} wide`);
    await shot('phone-detail');
    await page.getByRole('button', { name: 'All deliveries' }).click();
    await page.locator('.list').waitFor();
    need(!(await page.locator('.detail').isVisible()), 'the delivery gives way');
  });

  await step('a link leads to a delivery', async () => {
    await page.goto('about:blank');
    await page.goto(`${url}#1`);
    await heading.waitFor();
    need(await page.locator('.detail').isVisible(), 'it is not shown');
  });

  await step('an open page does not hold up the end of the receiver, and says that it is gone', async () => {
    need(complaints.length === 0, complaints.join('\n'));
    receiver.kill('SIGINT');
    const code = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, PATIENCE, 'it runs on'))]);
    need(code === 0, `the receiver: ${code}`);
    await page.getByText('not connected').waitFor();
  });

  await step('nothing was wrong: no error, no violation of the policy, no request to another server', async () => {
    // From where the receiver has gone, its absence is all there may be.
    const others = complaints.filter((complaint) => !/net::ERR_|ERR_CONNECTION|Failed to load resource/.test(complaint));
    need(others.length === 0, others.join('\n'));
  });
} catch {
  await shot('failed').catch(() => {});
  console.log(said.slice(-20).join('\n'));
  console.log(complaints.join('\n'));
  process.exitCode = 1;
} finally {
  await browser.close();
  receiver.kill('SIGKILL');
}
console.log(`${passed} passed${process.exitCode ? ', 1 failed' : ''}`);
process.exit();
