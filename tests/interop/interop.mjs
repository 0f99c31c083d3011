// Drives the `receiver` and `sign` examples with the SDKs that providers publish on npm. `run` starts it:
//
//   node interop.mjs RECEIVER SIGN CONFIG [CASE-NAME-PART]
//
// Each case goes both ways: the SDK signs and the receiver accepts over a real socket; `sign` signs and the SDK accepts.
// Both ways a changed body byte, a wrong secret and an hour-old timestamp must be refused.
//
// These SDKs only verify: dodopayments, square, @paddle/paddle-node-sdk, @slack/bolt, @linear/sdk, @shopify/shopify-api,
// @zoom/rivet. For them the signature is made by hand (`byHand`), and the SDK must vouch for the request before it is sent.

import { spawn, spawnSync } from 'node:child_process';
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';

const [receiverProgram, signProgram, configFile, only = ''] = process.argv.slice(2);
const PUBLIC_URL = 'https://hooks.example.com';
const FORM = 'application/x-www-form-urlencoded';
const HOUR = 3600;
const SIGNED_IN_BODY = ['adyen', 'braintree'];
const versions = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).dependencies;

// ---- small tools

const now = () => Math.floor(Date.now() / 1000);
const hmac = (hash, key, text, encoding) => createHmac(hash, key).update(text).digest(encoding);
// As long as the challenges that providers send; it is hex, which each of them allows.
const letters = (length) => randomBytes(length).toString('hex').slice(0, length);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

function need(condition, reason) {
  if (!condition) throw new Error(reason);
}

function same(what, found, wanted) {
  const show = (value) => JSON.stringify(value);
  need(isDeepStrictEqual(found, wanted), `${what} is ${show(found)}, not ${show(wanted)}`);
}

// Runs an SDK's check. Only the SDK's own word for a bad signature counts as a refusal; any other error is a failure.
async function unless(refusal, check) {
  try {
    return await check();
  } catch (error) {
    const first = error instanceof AggregateError ? error.errors[0] : error;
    if (refusal instanceof RegExp ? refusal.test(first.message) : first instanceof refusal) return false;
    throw error;
  }
}

// ---- the configuration, so that each secret is written once

function readEndpoints(file) {
  const endpoints = {};
  for (const block of readFileSync(file, 'utf8').split('[[endpoint]]').slice(1)) {
    const value = (pattern) => block.match(pattern)?.[1];
    const provider = value(/^provider = "(.*)"$/m);
    endpoints[provider] = {
      provider,
      name: value(/^name = "(.*)"$/m),
      url: PUBLIC_URL + value(/^path = "(.*)"$/m),
      secret: value(/^secrets = .*?"plain:(.*?)"/m),
      publicKey: value(/public_key = "plain:(.*?)"/),
    };
  }
  return endpoints;
}

// Keeps the form (hex, base64, text) that the secret has.
function wrong(secret) {
  const at = secret.length - 6;
  return secret.slice(0, at) + (secret[at] === '1' ? '2' : '1') + secret.slice(at + 1);
}

// ---- the two programs

class Receiver {
  lines = [];
  complaints = [];

  static async start(program, config) {
    const receiver = new Receiver();
    receiver.process = spawn(program, ['--config', config, '--listen', '127.0.0.1:0']);
    createInterface(receiver.process.stdout).on('line', (line) => receiver.lines.push(parseLine(line)));
    const listening = new Promise((resolve, reject) => {
      createInterface(receiver.process.stderr).on('line', (line) => {
        receiver.complaints.push(line);
        const found = line.match(/^listening on http:\/\/127\.0\.0\.1:(\d+)$/);
        if (found) resolve(found[1]);
      });
      const said = () => receiver.complaints.join(' | ');
      receiver.process.on('error', reject);
      receiver.process.on('exit', (code) => reject(new Error(`it ended with code ${code}: ${said()}`)));
      setTimeout(() => reject(new Error(`it does not listen after 10 s: ${said()}`)), 10_000).unref();
    });
    try {
      receiver.port = await listening;
    } catch (reason) {
      receiver.stop();
      throw reason;
    }
    return receiver;
  }

  stop() {
    this.process.kill();
  }

  // Sends a request; gives the answer, the lines that it caused on stdout and what the receiver said on stderr.
  async deliver(request) {
    const said = this.complaints.length;
    const answer = await this.send(request);
    const lines = await this.linesUntilFence();
    return { ...answer, lines, complaint: this.complaints.slice(said).join(' | ') };
  }

  send({ method, url, headers, body }) {
    need(url.startsWith(PUBLIC_URL), `the URL is ${url}`);
    // What a proxy or an attacker writes here must not matter.
    const lies = { host: 'wrong.example.org', 'x-forwarded-host': 'wrong.example.org', 'x-forwarded-proto': 'http' };
    const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const outgoing = http.request({
        hostname: '127.0.0.1',
        port: this.port,
        path: url.slice(PUBLIC_URL.length),
        method,
        headers: { ...lies, ...headers, ...length },
        timeout: 10_000,
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')));
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        const answer = (chunks) => ({ status: incoming.statusCode, text: Buffer.concat(chunks).toString() });
        incoming.toArray().then(answer).then(resolve, reject);
      });
      outgoing.end(body);
    });
  }

  // "No line was printed" can only be told by a later line: the fence's.
  async linesUntilFence() {
    const fence = post('qiscus', `{"fence":"${randomUUID()}"}`);
    fence.headers['qiscus-sdk-signature'] = hmac('sha256', endpoints.qiscus.secret, fence.body, 'hex');
    const { status } = await this.send(fence);
    need(status === 200, `the fence delivery was answered ${status}: ${this.complaints.at(-1)}`);
    const isFence = (line) => line.body_sha256 === sha256(fence.body);
    for (const deadline = Date.now() + 5_000; !this.lines.some(isFence);) {
      need(Date.now() < deadline, 'no line for the fence delivery on stdout within 5 s');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const lines = this.lines.splice(0, this.lines.findIndex(isFence) + 1);
    return lines.slice(0, -1);
  }
}

function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { not_json: line };
  }
}

// The request that `sign` says to send: the given one, plus or with the signature in it.
function signExample(request, secret, timestamp) {
  const { provider, publicKey } = request.endpoint;
  const optional = (name, value) => (value === undefined ? [] : [name, value]);
  const args = [
    ...['--provider', provider, '--secret', `plain:${secret}`, '--method', request.method],
    ...['--url', request.url, '--timestamp', String(timestamp)],
    ...['--content-type', request.headers['content-type']],
    ...optional('--part', publicKey && `public_key=plain:${publicKey}`),
    ...optional('--id', request.id),
  ];
  const done = spawnSync(signProgram, args, { input: request.body, encoding: 'utf8', timeout: 20_000 });
  need(!done.error, `sign does not run: ${done.error?.message}`);
  need(done.status === 0, `sign ended with ${done.status}: ${done.stderr.trim()}`);
  const signed = JSON.parse(done.stdout);
  const headers = Object.fromEntries(
    Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const body = Buffer.from(signed.body_base64, 'base64').toString();
  need(body === request.body || SIGNED_IN_BODY.includes(provider), `sign changed the body to ${body}`);
  return { ...request, method: signed.method, url: signed.url, headers: { ...request.headers, ...headers }, body };
}

// ---- requests

function post(provider, body, { headers = {}, query = '', id } = {}) {
  const endpoint = endpoints[provider];
  need(endpoint, `no endpoint for ${provider} in the configuration`);
  const withType = { 'content-type': 'application/json', ...headers };
  return { endpoint, method: 'POST', url: endpoint.url + query, headers: withType, body, id };
}

const json = (provider, value, more) => post(provider, JSON.stringify(value), more);
const form = (provider, body, more) => post(provider, body, { ...more, headers: { 'content-type': FORM } });
const withHeaders = (request, headers) => ({ ...request, headers: { ...request.headers, ...headers } });

// Every signed body contains this text, so a changed byte leaves valid JSON and only the signature can tell.
const MARK = 'interop';
const NOTE = `${MARK} ♥ "quoted" \\ and/or`;

function changeByte(request) {
  need(request.body.includes(MARK), `the body has no "${MARK}" to change`);
  return { ...request, body: request.body.replace(MARK, 'interoq') };
}

// ---- the cases
//
// sdk      the package that signs or vouches; its version is package.json's
// byHand   true: the SDK only verifies
// repeats  true: the provider identifies events, so a second delivery is answered 200 and not handled
// timed    true: the SDK has a window of minutes
// request  timestamp → the delivery before it is signed
// open     loads the SDK → { sign(request, secret, timestamp), verify(request, secret) }
//          verify gives false for a bad signature, else { id, type } with what the SDK knows of the event

const cases = [
  {
    sdk: 'stripe',
    repeats: true,
    timed: true,
    request: () =>
      json('stripe', {
        id: `evt_${randomUUID()}`,
        object: 'event',
        type: 'customer.created',
        data: { object: { name: NOTE } },
      }),
    open: async () => {
      const { default: Stripe } = await import('stripe');
      const { webhooks } = new Stripe('sk_test_unused');
      return {
        sign: (request, secret, timestamp) =>
          withHeaders(request, {
            'stripe-signature': webhooks.generateTestHeaderString({ payload: request.body, secret, timestamp }),
          }),
        verify: ({ body, headers }, secret) =>
          unless(Stripe.errors.StripeSignatureVerificationError, () => {
            const event = webhooks.constructEvent(body, headers['stripe-signature'], secret);
            return { id: event.id, type: event.type };
          }),
      };
    },
  },
  {
    sdk: '@octokit/webhooks-methods',
    request: githubPush,
    open: async () => {
      const { sign, verify } = await import('@octokit/webhooks-methods');
      return {
        sign: async (request, secret) =>
          withHeaders(request, { 'x-hub-signature-256': await sign(secret, request.body) }),
        verify: async ({ body, headers }, secret) => (await verify(secret, body, headers['x-hub-signature-256'])) && {},
      };
    },
  },
  {
    sdk: '@octokit/webhooks',
    request: githubPush,
    open: async () => {
      const { Webhooks } = await import('@octokit/webhooks');
      return {
        sign: async (request, secret) =>
          withHeaders(request, { 'x-hub-signature-256': await new Webhooks({ secret }).sign(request.body) }),
        verify: ({ body, headers }, secret) =>
          unless(/signature does not match/, async () => {
            const known = {};
            const webhooks = new Webhooks({ secret, log: { error() {} } });
            webhooks.onAny(({ id, name }) => Object.assign(known, { id, type: name }));
            await webhooks.verifyAndReceive({
              id: headers['x-github-delivery'],
              name: headers['x-github-event'],
              payload: body,
              signature: headers['x-hub-signature-256'],
            });
            return known;
          }),
      };
    },
  },
  {
    sdk: 'standardwebhooks',
    repeats: true,
    timed: true,
    request: () =>
      json('standard-webhooks', { type: 'user.created', data: { note: NOTE } }, { id: `msg_${randomUUID()}` }),
    open: async () => {
      const { Webhook, WebhookVerificationError } = await import('standardwebhooks');
      return {
        sign: (request, secret, timestamp) => standardHeaders('webhook', Webhook, request, secret, timestamp),
        verify: ({ body, headers }, secret) =>
          unless(WebhookVerificationError, () => ({
            id: headers['webhook-id'],
            type: new Webhook(secret).verify(body, headers).type,
          })),
      };
    },
  },
  {
    sdk: 'svix',
    repeats: true,
    timed: true,
    request: () => json('svix', { type: 'invoice.paid', data: { note: NOTE } }, { id: `msg_${randomUUID()}` }),
    open: async () => {
      const { Webhook, WebhookVerificationError } = await import('svix');
      return {
        sign: (request, secret, timestamp) => standardHeaders('svix', Webhook, request, secret, timestamp),
        verify: ({ body, headers }, secret) =>
          unless(WebhookVerificationError, () => ({
            id: headers['svix-id'],
            type: new Webhook(secret).verify(body, headers).type,
          })),
      };
    },
  },
  {
    sdk: 'dodopayments',
    byHand: true,
    repeats: true,
    timed: true,
    request: () =>
      json(
        'dodo-payments',
        { type: 'payment.succeeded', business_id: 'bus_1', data: { note: NOTE } },
        { id: `msg_${randomUUID()}` },
      ),
    open: async () => {
      const { default: DodoPayments } = await import('dodopayments');
      const client = new DodoPayments({ bearerToken: 'unused' });
      return {
        sign: (request, secret, timestamp) => {
          const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
          const signature = hmac('sha256', key, `${request.id}.${timestamp}.${request.body}`, 'base64');
          return withHeaders(request, {
            'webhook-id': request.id,
            'webhook-timestamp': String(timestamp),
            'webhook-signature': `v1,${signature}`,
          });
        },
        verify: ({ body, headers }, secret) =>
          unless(/No matching signature|timestamp too old/, () => ({
            id: headers['webhook-id'],
            type: client.webhooks.unwrap(body, { headers, key: secret }).type,
          })),
      };
    },
  },
  {
    sdk: 'twilio',
    variant: 'form',
    request: () => {
      const fields = new URLSearchParams({
        MessageSid: `SM${randomUUID()}`,
        To: '+18005551212',
        Body: `${NOTE} 100% +1 & more`,
      });
      for (const digits of ['5678', '1234', '1234']) fields.append('Digits', digits);
      return form('twilio', `${fields}`, { query: "?from=a%20b&to=it's" });
    },
    open: async () => {
      const { default: twilio } = await import('twilio');
      return {
        sign: (request, secret) =>
          withHeaders(request, {
            'x-twilio-signature': twilio.getExpectedTwilioSignature(secret, request.url, fieldLists(request.body)),
          }),
        verify: ({ body, url, headers }, secret) =>
          twilio.validateRequest(secret, headers['x-twilio-signature'], url, fieldLists(body)) && {},
      };
    },
  },
  {
    sdk: 'twilio',
    variant: 'JSON',
    request: () => json('twilio', { id: randomUUID(), note: NOTE }, { query: '?from=a%20b' }),
    open: async () => {
      const { default: twilio } = await import('twilio');
      return {
        sign: (request, secret) => {
          const url = `${request.url}&bodySHA256=${twilio.getExpectedBodyHash(request.body)}`;
          return withHeaders(
            { ...request, url },
            { 'x-twilio-signature': twilio.getExpectedTwilioSignature(secret, url, null) },
          );
        },
        verify: ({ body, url, headers }, secret) =>
          twilio.validateRequestWithBody(secret, headers['x-twilio-signature'], url, body) && {},
      };
    },
  },
  {
    // The mark stands in the second item: each item of a batch must be checked. The first shows that nothing is escaped.
    sdk: '@adyen/api-library',
    request: () => json('adyen', { live: 'false', notificationItems: [adyenItem('order:1\\2'), adyenItem(NOTE)] }),
    open: async () => {
      const { hmacValidator: Validator } = await import('@adyen/api-library');
      const validator = new Validator();
      const items = (batch) => batch.notificationItems.map((entry) => entry.NotificationRequestItem);
      return {
        sign: (request, secret) => {
          const batch = JSON.parse(request.body);
          for (const item of items(batch)) item.additionalData.hmacSignature = validator.calculateHmac(item, secret);
          return { ...request, body: JSON.stringify(batch) };
        },
        verify: ({ body }, secret) => {
          const batch = JSON.parse(body);
          return (
            items(batch).every((item) => validator.validateHMAC(item, secret)) && { type: items(batch)[0].eventCode }
          );
        },
      };
    },
  },
  {
    sdk: 'braintree',
    request: () => {
      const xml =
        '<notification><kind>check</kind><timestamp type="datetime">2026-01-02T03:04:05Z</timestamp>' +
        `<subject><check type="boolean">true</check></subject><id>${randomUUID()}</id></notification>`;
      return form('braintree', `${new URLSearchParams({ bt_payload: `${Buffer.from(xml).toString('base64')}\n` })}`);
    },
    // The payload is base64: one of its letters is changed.
    changeByte: (request) => ({
      ...request,
      body: request.body.replace(/(bt_payload=[^%&]{8})(.)/, (_, head, letter) => head + (letter === 'A' ? 'B' : 'A')),
    }),
    open: async () => {
      const { default: braintree } = await import('braintree');
      return {
        // The SDK makes the whole notification, so the request's own body gives way.
        sign: async (request, secret) => {
          const gateway = braintreeGateway(braintree, request.endpoint, secret);
          const sample = await gateway.webhookTesting.sampleNotification('subscription_went_past_due', randomUUID());
          return { ...request, body: `${new URLSearchParams(sample)}` };
        },
        verify: ({ body, endpoint }, secret) => {
          const fields = Object.fromEntries(new URLSearchParams(body));
          return unless(/signature does not match payload/, async () => {
            const { webhookNotification } = braintreeGateway(braintree, endpoint, secret);
            need(
              (await webhookNotification.parse(fields.bt_signature, fields.bt_payload)).kind,
              'no kind in the notification',
            );
            return {};
          });
        },
      };
    },
  },
  {
    sdk: 'square',
    byHand: true,
    repeats: true,
    request: () =>
      json(
        'square',
        { merchant_id: 'M1', type: 'payment.created', event_id: randomUUID(), data: { note: NOTE } },
        { query: '?a=1&b=%20' },
      ),
    open: async () => {
      const { WebhooksHelper } = await import('square');
      return {
        sign: (request, secret) =>
          withHeaders(request, {
            'x-square-hmacsha256-signature': hmac('sha256', secret, request.url + request.body, 'base64'),
          }),
        verify: async ({ body, url, headers }, secret) =>
          (await WebhooksHelper.verifySignature({
            requestBody: body,
            signatureHeader: headers['x-square-hmacsha256-signature'],
            signatureKey: secret,
            notificationUrl: url,
          })) && { id: JSON.parse(body).event_id, type: JSON.parse(body).type },
      };
    },
  },
  {
    sdk: '@paddle/paddle-node-sdk',
    byHand: true,
    repeats: true,
    timed: true,
    request: () =>
      json('paddle', {
        event_id: `evt_${randomUUID()}`,
        event_type: 'address.created',
        occurred_at: '2026-01-02T03:04:05Z',
        notification_id: `ntf_${randomUUID()}`,
        data: { id: 'add_1', description: NOTE },
      }),
    open: async () => {
      const { Paddle } = await import('@paddle/paddle-node-sdk');
      const { webhooks } = new Paddle('unused');
      return {
        sign: (request, secret, timestamp) =>
          withHeaders(request, {
            'paddle-signature': `ts=${timestamp};h1=${hmac('sha256', secret, `${timestamp}:${request.body}`, 'hex')}`,
          }),
        verify: ({ body, headers }, secret) =>
          unless(/verification failed/, async () => {
            const event = await webhooks.unmarshal(body, secret, headers['paddle-signature']);
            return { id: event.eventId, type: event.eventType };
          }),
      };
    },
  },
  {
    sdk: '@slack/bolt',
    variant: 'event',
    byHand: true,
    repeats: true,
    timed: true,
    request: () =>
      json('slack', {
        type: 'event_callback',
        event_id: `Ev${randomUUID()}`,
        event: { type: 'app_mention', text: NOTE },
      }),
    open: () => slackBolt((body) => ({ id: JSON.parse(body).event_id, type: JSON.parse(body).event.type })),
  },
  {
    sdk: '@slack/bolt',
    variant: 'slash command',
    byHand: true,
    timed: true,
    request: () =>
      form(
        'slack',
        `${new URLSearchParams({ command: '/hook', text: `${NOTE} 100% +1 & more`, trigger_id: randomUUID() })}`,
      ),
    open: () => slackBolt(() => ({})),
  },
  {
    sdk: '@linear/sdk',
    byHand: true,
    timed: true,
    request: (timestamp) =>
      json(
        'linear',
        {
          action: 'create',
          type: 'Issue',
          webhookTimestamp: timestamp * 1000,
          data: { id: randomUUID(), title: NOTE },
        },
        { headers: { 'linear-event': 'Issue', 'linear-delivery': randomUUID() } },
      ),
    open: async () => {
      const { LinearWebhookClient } = await import('@linear/sdk/webhooks');
      return {
        sign: (request, secret) =>
          withHeaders(request, { 'linear-signature': hmac('sha256', secret, request.body, 'hex') }),
        verify: ({ body, headers }, secret) =>
          unless(/Invalid webhook (signature|timestamp)/, () => ({
            type: new LinearWebhookClient(secret).parseData(Buffer.from(body), headers['linear-signature']).type,
          })),
      };
    },
  },
  {
    sdk: '@hubspot/api-client',
    timed: true,
    request: () =>
      json(
        'hubspot',
        [{ eventId: 1, subscriptionType: 'contact.creation', attemptNumber: 0, note: NOTE, id: randomUUID() }],
        {
          query: '?portal=123&a=b',
        },
      ),
    open: async () => {
      const { Signature } = await import('@hubspot/api-client');
      const options = ({ url, body }, secret, timestamp) => ({
        clientSecret: secret,
        requestBody: body,
        url,
        timestamp,
      });
      return {
        sign: (request, secret, timestamp) =>
          withHeaders(request, {
            'x-hubspot-request-timestamp': String(timestamp * 1000),
            'x-hubspot-signature-v3': Signature.getSignature('POST', 'v3', options(request, secret, timestamp * 1000)),
          }),
        verify: (request, secret) =>
          unless(/Timestamp is invalid/, () => {
            const { headers } = request;
            const signed = options(request, secret, Number(headers['x-hubspot-request-timestamp']));
            const signature = headers['x-hubspot-signature-v3'];
            return Signature.isValid({ ...signed, method: 'POST', signatureVersion: 'v3', signature }) && {};
          }),
      };
    },
  },
  {
    sdk: '@shopify/shopify-api',
    byHand: true,
    request: () =>
      json(
        'shopify',
        { id: 820982911946154500, note: NOTE, uuid: randomUUID() },
        {
          headers: {
            'x-shopify-topic': 'orders/create',
            'x-shopify-shop-domain': 'interop.myshopify.com',
            'x-shopify-api-version': '2026-01',
            'x-shopify-webhook-id': randomUUID(),
          },
        },
      ),
    open: async () => {
      await import('@shopify/shopify-api/adapters/node');
      const { shopifyApi, ApiVersion } = await import('@shopify/shopify-api');
      const shopify = (apiSecretKey) =>
        shopifyApi({
          apiKey: 'unused',
          apiSecretKey,
          apiVersion: Object.values(ApiVersion)[0],
          hostName: 'hooks.example.com',
          isEmbeddedApp: false,
          logger: { log() {} },
        });
      return {
        sign: (request, secret) =>
          withHeaders(request, { 'x-shopify-hmac-sha256': hmac('sha256', secret, request.body, 'base64') }),
        verify: async ({ method, url, headers, body }, secret) => {
          const result = await shopify(secret).webhooks.validate({
            rawBody: body,
            rawRequest: { method, url, headers },
          });
          if (!result.valid) same("Shopify's reason", result.reason, 'invalid_hmac');
          // The SDK gives ORDERS_CREATE for the header's orders/create.
          return result.valid && { id: result.webhookId, type: result.topic.toLowerCase().replace('_', '/') };
        },
      };
    },
  },
  {
    sdk: '@zoom/rivet',
    byHand: true,
    request: () =>
      json('zoom', {
        event: 'meeting.started',
        event_ts: Date.now(),
        payload: { object: { uuid: randomUUID(), topic: NOTE } },
      }),
    open: async () => ({
      sign: signZoom,
      verify: async (request, secret) => {
        const { statusCode, body, events } = await rivet(request, secret);
        if (statusCode === 200) return { type: events[0] };
        need(/Failed to verify/.test(body), `rivet answered ${statusCode} ${body}`);
        return false;
      },
    }),
  },
];

function githubPush() {
  const headers = { 'x-github-event': 'push', 'x-github-delivery': randomUUID() };
  return json('github', { ref: 'refs/heads/main', head_commit: { id: randomUUID(), message: NOTE } }, { headers });
}

function standardHeaders(family, Webhook, request, secret, timestamp) {
  return withHeaders(request, {
    [`${family}-id`]: request.id,
    [`${family}-timestamp`]: String(timestamp),
    [`${family}-signature`]: new Webhook(secret).sign(request.id, new Date(timestamp * 1000), request.body),
  });
}

// As body parsers give them: a list where a name comes more than once.
function fieldLists(body) {
  const fields = new URLSearchParams(body);
  return Object.fromEntries([...fields.keys()].map((name) => [name, fields.getAll(name)]));
}

function adyenItem(merchantReference) {
  return {
    NotificationRequestItem: {
      additionalData: { cardSummary: '1111' },
      amount: { currency: 'EUR', value: 1000 },
      eventCode: 'AUTHORISATION',
      eventDate: '2026-01-02T03:04:05+01:00',
      merchantAccountCode: 'InteropMerchant',
      merchantReference,
      paymentMethod: 'visa',
      pspReference: randomUUID(),
      success: 'true',
    },
  };
}

function braintreeGateway(braintree, { publicKey }, privateKey) {
  return new braintree.BraintreeGateway({
    environment: braintree.Environment.Sandbox,
    merchantId: 'unused',
    publicKey,
    privateKey,
  });
}

async function slackBolt(known) {
  const { default: bolt } = await import('@slack/bolt');
  return {
    sign: signSlack,
    verify: ({ body, headers }, signingSecret) =>
      unless(/signature mismatch|request is stale/, () => {
        bolt.verifySlackRequest({ signingSecret, body, headers });
        return known(body);
      }),
  };
}

function signSlack(request, secret, timestamp) {
  return withHeaders(request, {
    'x-slack-request-timestamp': String(timestamp),
    'x-slack-signature': `v0=${hmac('sha256', secret, `v0:${timestamp}:${request.body}`, 'hex')}`,
  });
}

function signZoom(request, secret, timestamp) {
  return withHeaders(request, {
    'x-zm-request-timestamp': String(timestamp),
    'x-zm-signature': `v0=${hmac('sha256', secret, `v0:${timestamp}:${request.body}`, 'hex')}`,
  });
}

// Rivet's Lambda entry point is a plain function, so no second server is needed.
async function rivet({ body, headers }, webhooksSecretToken) {
  const { AwsLambdaReceiver } = await import('@zoom/rivet/teamchat');
  const receiver = new AwsLambdaReceiver({ webhooksSecretToken });
  const events = [];
  receiver.init({ eventEmitter: { emit: (name) => events.push(name) } });
  const answer = await receiver.start()({ body, headers, isBase64Encoded: false }, {});
  return { ...answer, events };
}

// ---- the handshakes: the receiver must answer a challenge as the SDK does

const handshakes = [
  {
    sdk: 'braintree',
    name: 'the receiver answers the challenge as the SDK does',
    run: async () => {
      const { default: braintree } = await import('braintree');
      const { endpoint } = post('braintree', '');
      const challenge = letters(32);
      const answer = await receiver.deliver(get(endpoint, `?bt_challenge=${challenge}`));
      same('the status', answer.status, 200);
      const wanted = braintreeGateway(braintree, endpoint, endpoint.secret).webhookNotification.verify(challenge);
      same('the answer', answer.text, wanted);
    },
  },
  {
    // The SDK refuses it too: the answer would be an HMAC of any text that a caller likes.
    sdk: 'braintree',
    name: 'a challenge that is not hex is not answered',
    run: async () => {
      const { default: braintree } = await import('braintree');
      const { endpoint } = post('braintree', '');
      const challenge = 'give-me-an-hmac-of-this';
      const { webhookNotification } = braintreeGateway(braintree, endpoint, endpoint.secret);
      same('the SDK', await unless(/non-hex/, () => webhookNotification.verify(challenge)), false);
      const answer = await receiver.deliver(get(endpoint, `?bt_challenge=${challenge}`));
      need(answer.status >= 400, `answered ${answer.status}`);
      need(!answer.text.includes(endpoint.publicKey), `answered with a digest: ${answer.text}`);
    },
  },
  {
    sdk: '@zoom/rivet',
    name: 'the receiver answers the URL validation as the SDK does',
    run: async () => {
      const request = json('zoom', {
        event: 'endpoint.url_validation',
        event_ts: Date.now(),
        payload: { plainToken: letters(22) },
      });
      const { secret } = request.endpoint;
      const signed = signZoom(request, secret, now());
      const answer = await receiver.deliver(signed);
      same('the status', answer.status, 200);
      same('the answer', JSON.parse(answer.text), JSON.parse((await rivet(signed, secret)).body));
      await mustBeRefused(signZoom(request, wrong(secret), now()));
    },
  },
  {
    sdk: '@slack/bolt',
    name: 'the receiver answers the URL verification, and only a signed one',
    run: async () => {
      const { default: bolt } = await import('@slack/bolt');
      const challenge = letters(52);
      const request = json('slack', { type: 'url_verification', token: 'unused', challenge });
      const { secret } = request.endpoint;
      const signed = signSlack(request, secret, now());
      bolt.verifySlackRequest({ signingSecret: secret, ...signed });
      const answer = await receiver.deliver(signed);
      same('the status', answer.status, 200);
      // Slack takes the bare challenge, a form or JSON.
      need(
        [challenge, `challenge=${challenge}`, `{"challenge":"${challenge}"}`].includes(answer.text),
        `answered ${answer.text}`,
      );
      await mustBeRefused(signSlack(request, wrong(secret), now()));
    },
  },
];

function get(endpoint, query) {
  return { method: 'GET', url: endpoint.url + query, headers: {}, body: '' };
}

// ---- what must hold

let refusal;

async function mustBeAccepted(request, known) {
  const { status, text, lines, complaint } = await receiver.deliver(request);
  need(status >= 200 && status < 300, `answered ${status} ${text}: ${complaint}`);
  same('the number of lines on stdout', lines.length, 1);
  const [line] = lines;
  same('provider', line.provider, request.endpoint.provider);
  same('endpoint', line.endpoint, request.endpoint.name);
  same('replay', line.replay, 'new');
  same('bytes', line.bytes, Buffer.byteLength(request.body));
  same('body_sha256', line.body_sha256, sha256(request.body));
  if (known.id !== undefined) same('event_id', line.event_id, known.id);
  if (known.type !== undefined) same('event_type', line.event_type, known.type);
}

async function mustBeDuplicate(request) {
  const { status, text, lines, complaint } = await receiver.deliver(request);
  need(status === 200, `answered ${status} ${text}: ${complaint}`);
  same('the lines on stdout', lines, []);
}

async function mustBeRefused(request) {
  const { status, text, lines } = await receiver.deliver(request);
  same('the status', status, 401);
  same('the lines on stdout', lines, []);
  // A sender must not learn from the answer what was wrong.
  refusal ??= text;
  same('the answer', text, refusal);
}

async function mustVouch(sdk, request, secret) {
  const known = await sdk.verify(request, secret);
  need(known, `the SDK refuses it: ${JSON.stringify(request.headers)} ${request.url}`);
  return known;
}

async function mustNotVouch(sdk, request, secret) {
  same('the word of the SDK', await sdk.verify(request, secret), false);
}

function stepsOf(entry) {
  const opened = once(entry.open);
  const change = entry.changeByte ?? changeByte;
  const signer = entry.byHand ? 'signed by hand, the SDK vouches' : 'the SDK signs';
  const signedBySdk = async ({ timestamp = now(), forge = (secret) => secret } = {}) => {
    const request = entry.request(timestamp);
    return (await opened()).sign(request, forge(request.endpoint.secret), timestamp);
  };
  const signedByUs = ({ timestamp = now(), forge = (secret) => secret } = {}) => {
    const request = entry.request(timestamp);
    return signExample(request, forge(request.endpoint.secret), timestamp);
  };
  const { repeats = false, timed = false } = entry;
  const step = (name, run, applies = true) => (applies ? [{ name, run }] : []);

  return [
    ...step(`${signer}, the receiver accepts`, async () => {
      const request = await signedBySdk();
      await mustBeAccepted(request, await mustVouch(await opened(), request, request.endpoint.secret));
    }),
    ...step(
      `${signer}, a repeat is answered 200 and not handled`,
      async () => {
        const request = await signedBySdk();
        await mustBeAccepted(request, {});
        await mustBeDuplicate(request);
        // A real retry is signed anew: only the event's id is the same.
        await mustBeDuplicate((await opened()).sign(request, request.endpoint.secret, now() + 1));
      },
      repeats,
    ),
    ...step('a changed byte: the receiver refuses', async () => mustBeRefused(change(await signedBySdk()))),
    ...step('a wrong secret: the receiver refuses', async () => mustBeRefused(await signedBySdk({ forge: wrong }))),
    ...step(
      'an hour old: the receiver refuses',
      async () => mustBeRefused(await signedBySdk({ timestamp: now() - HOUR })),
      timed,
    ),
    ...step('`sign` signs, the SDK accepts', async () => {
      const request = signedByUs();
      await mustBeAccepted(request, await mustVouch(await opened(), request, request.endpoint.secret));
    }),
    ...step('`sign` signs, a changed byte: the SDK refuses', async () => {
      const request = signedByUs();
      await mustNotVouch(await opened(), change(request), request.endpoint.secret);
    }),
    ...step('`sign` signs with a wrong secret: the SDK refuses', async () => {
      const request = signedByUs({ forge: wrong });
      await mustNotVouch(await opened(), request, request.endpoint.secret);
    }),
    ...step(
      '`sign` signs as an hour ago: the SDK refuses',
      async () => {
        const request = signedByUs({ timestamp: now() - HOUR });
        await mustNotVouch(await opened(), request, request.endpoint.secret);
      },
      timed,
    ),
  ];
}

function once(make) {
  let made;
  return () => (made ??= make());
}

function label({ sdk, variant }) {
  return `npm ${sdk}@${versions[sdk]}${variant ? ` (${variant})` : ''}`;
}

// ---- the run

const count = { passed: 0, failed: 0 };

async function check(name, run) {
  if (!name.includes(only)) return;
  try {
    await run();
    count.passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    count.failed += 1;
    console.log(`FAIL ${name}: ${error?.message ?? error}`);
  }
}

// Rivet prints every request with it; stdout is for the results.
console.debug = () => {};

let endpoints = {};
let receiver;
try {
  endpoints = readEndpoints(configFile);
  receiver = await Receiver.start(receiverProgram, configFile);
  for (const entry of cases) {
    for (const { name, run } of stepsOf(entry)) await check(`${label(entry)}: ${name}`, run);
  }
  for (const handshake of handshakes) await check(`${label(handshake)}: ${handshake.name}`, handshake.run);
} catch (error) {
  count.failed += 1;
  console.log(`FAIL npm, the receiver starts: ${error.message}`);
} finally {
  receiver?.stop();
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;
