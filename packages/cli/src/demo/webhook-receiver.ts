// demo/webhook-receiver.ts: a customer's webhook endpoint on loopback: takes events whose signature holds (Standard
// Webhooks: HMAC-SHA256 over id, timestamp and body) and refuses the others.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, createServer } from 'node:http';

export interface WebhookEvent {
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ReceivedEvent {
  readonly event: WebhookEvent;
  /** The bytes as they came. */
  readonly text: string;
}

export interface WebhookReceiver {
  readonly url: string;
  /** The endpoint's secret, known once it is registered. */
  trust(secret: string): void;
  /** The first event of this type about this request, waiting for it. */
  received(type: string, requestId: string, timeoutMs: number): Promise<ReceivedEvent | null>;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const events: ReceivedEvent[] = [];
  const waiting = new Set<() => void>();
  let key: Buffer | null = null;
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const isGenuine = key !== null && hasSignature(request, text, key);
      if (isGenuine) events.push({ text, event: JSON.parse(text) as WebhookEvent }); // signed by the gateway
      response.writeHead(isGenuine ? 204 : 401).end();
      for (const wake of waiting) wake();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/countersign`,
    trust(secret) {
      key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    },
    async received(type, requestId, timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const found = events.find(
          ({ event }) => event.type === type && event.data['request_id'] === requestId,
        );
        if (found !== undefined) return found;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) return null;
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            clearTimeout(timer);
            waiting.delete(wake);
            resolve();
          };
          const timer = setTimeout(wake, leftMs);
          waiting.add(wake);
        });
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function hasSignature(request: IncomingMessage, text: string, key: Buffer): boolean {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.${text}`;
  const wanted = createHmac('sha256', key).update(signed).digest();
  return header('webhook-signature')
    .split(' ')
    .some((part) => {
      const given = Buffer.from(part.replace(/^v1,/, ''), 'base64');
      return given.length === wanted.length && timingSafeEqual(given, wanted);
    });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
