// The verifiers on npm: answers batches of requests as compare.py asks them. Their clock is stopped at the requests' time.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const NOW = 1_700_000_000;

class StoppedDate extends Date {
  constructor(...args) {
    super(...(args.length === 0 ? [NOW * 1000] : args));
  }

  static now() {
    return NOW * 1000;
  }
}
globalThis.Date = StoppedDate;

const require = createRequire(import.meta.url);
const { verify: octokit } = await import('@octokit/webhooks-methods');
const { Webhook: StandardWebhook } = await import('standardwebhooks');
const { Webhook: SvixWebhook } = await import('svix');
const { default: Stripe } = await import('stripe');
const { default: twilio } = await import('twilio');
const { Paddle } = await import('@paddle/paddle-node-sdk');
// Bolt's receivers call it with the headers of the request, and answer 401 where it throws.
const { verifySlackRequest } = require('@slack/bolt/dist/receivers/verify-request.js');
await import('@shopify/shopify-api/adapters/node');
const { shopifyApi, ApiVersion } = await import('@shopify/shopify-api');

const stripe = new Stripe('sk_test_unused').webhooks;
const paddle = new Paddle('unused').webhooks;

// Made once for each secret.
function kept(make) {
  const made = new Map();
  return (secret) => {
    if (!made.has(secret)) made.set(secret, make(secret));
    return made.get(secret);
  };
}
const standard = kept((secret) => new StandardWebhook(secret));
const svix = kept((secret) => new SvixWebhook(secret));
const shopify = kept((apiSecretKey) =>
  shopifyApi({
    apiSecretKey,
    apiKey: 'unused',
    hostName: 'example.com',
    apiVersion: Object.values(ApiVersion).at(-1),
    isEmbeddedApp: false,
    logger: { log() {} },
  }),
);

function fieldLists(body) {
  const fields = {};
  for (const [name, value] of new URLSearchParams(body)) (fields[name] ??= []).push(value);
  return Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
}

// Each gets the body in the form that its documentation shows. It answers with false, or throws, to refuse.
const families = {
  github: {
    '@octokit/webhooks-methods': ({ secret, text, headers }) => octokit(secret, text, headers['x-hub-signature-256']),
  },
  shopify: {
    '@shopify/shopify-api': async ({ secret, text, headers }) => {
      const rest = {
        'x-shopify-topic': 'orders/create',
        'x-shopify-shop-domain': 'interop.myshopify.com',
        'x-shopify-api-version': '2026-01',
        'x-shopify-webhook-id': 'a',
      };
      const rawRequest = { method: 'POST', url: '/', headers: { ...rest, ...headers } };
      const result = await shopify(secret).webhooks.validate({ rawBody: text, rawRequest, rawResponse: {} });
      return result.valid;
    },
  },
  slack: {
    '@slack/bolt': ({ secret, text, headers }) => {
      const known = {
        'x-slack-signature': headers['x-slack-signature'],
        'x-slack-request-timestamp': Number(headers['x-slack-request-timestamp']),
      };
      verifySlackRequest({ signingSecret: secret, body: text, headers: known });
      return true;
    },
  },
  'standard-webhooks': {
    standardwebhooks: ({ secret, bytes, headers }) => {
      standard(secret).verify(bytes, headers);
      return true;
    },
  },
  stripe: {
    stripe: ({ secret, bytes, headers }) => {
      stripe.constructEvent(bytes, headers['stripe-signature'], secret);
      return true;
    },
  },
  svix: {
    svix: ({ secret, bytes, headers }) => {
      svix(secret).verify(bytes, headers);
      return true;
    },
  },
  paddle: {
    '@paddle/paddle-node-sdk': ({ secret, text, headers }) =>
      paddle.isSignatureValid(text, secret, headers['paddle-signature']),
  },
  twilio: {
    twilio: ({ secret, url, text, headers }) =>
      twilio.validateRequest(secret, headers['x-twilio-signature'], url, fieldLists(text)),
  },
};

// Headers as Node's server hands them over: one text a name, joined by commas.
function joined(pairs) {
  const headers = {};
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return headers;
}

async function answer(line) {
  const { family, secret, headers, body, url } = JSON.parse(line);
  const bytes = Buffer.from(body, 'base64');
  const request = { secret, url, bytes, text: bytes.toString(), headers: joined(headers) };
  const answers = [];
  for (const [name, verify] of Object.entries(families[family] ?? {})) {
    // Whatever it throws, the request does not go on.
    let accepts = false;
    try {
      accepts = await verify(request);
    } catch {}
    answers.push(`npm:${name}=${accepts ? '+' : '-'}`);
  }
  return `${answers.join(' ')}\n`;
}

let batch = [];
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line !== '') {
    batch.push(line);
    continue;
  }
  let answers = '';
  for (const question of batch) answers += await answer(question);
  process.stdout.write(answers);
  batch = [];
}
