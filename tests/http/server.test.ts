// What only shows on a real socket or in the server itself: streams, shutdown, headers, metrics, the record's files.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openCheckpoint, parseVerifierKey } from '@countersign/audit';

import {
  type Cast,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

const REQUESTS = '/v1/procurement/requests';

describe('the server', () => {
  let http: HttpGateway;
  let cast: Cast;
  let base: string;

  beforeAll(async () => {
    http = await startHttpGateway();
    cast = await setUpCast(http);
    base = await http.app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterAll(() => http.close());

  it('streams an agent the events of its own requests, and goes on from the last one it saw', async () => {
    const opened = await http.call({ method: 'POST', url: REQUESTS, key: cast.agent, body: SEED_BODY });
    const id = String(opened.body['request_id']);
    await http.gateway.sequencer.run();
    const seen = await readStream(base, cast.agent, { 'last-event-id': '0' }, (text) => text.includes(id));
    expect(seen).toContain('event: purchase.approved\n');
    expect(seen).not.toContain('policy.published');
    const lastId = [...seen.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1];
    const later = await http.call({
      method: 'POST',
      url: REQUESTS,
      key: cast.agent,
      body: { ...SEED_BODY, amount: 7 },
    });
    const resumed = readStream(base, cast.agent, { 'last-event-id': String(lastId) }, (text) =>
      text.includes(String(later.body['request_id'])),
    );
    await http.gateway.sequencer.run();
    expect(await resumed).not.toContain(id);
  });

  it('filters a stream by type', async () => {
    await http.gateway.sequencer.run();
    const seen = await readStream(
      base,
      http.operatorKey,
      {},
      (text) => text.includes('policy.published'),
      '?types=policy.published&after=-1',
    );
    expect(seen).not.toContain('agent.created');
  });

  it('answers every request with the headers that protect it', async () => {
    const answer = await fetch(`${base}/v1/whoami`, { headers: { authorization: `Bearer ${cast.agent}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('shows the reference without a script and without anything from elsewhere', async () => {
    const docs = await fetch(`${base}/docs`);
    const page = await docs.text();
    expect(docs.headers.get('content-type')).toContain('text/html');
    expect(page).toContain('/v1/procurement/requests');
    expect(page).toContain('Ask to buy something');
    expect(page).not.toMatch(/<script|https?:\/\/(?!erp\.example)/);
    const openapi = await fetch(`${base}/openapi.json`);
    expect(await openapi.json()).toMatchObject({ openapi: '3.1.0' });
  });

  it('measures answers and decisions, for those who may know', async () => {
    const metrics = await http.call({ method: 'GET', url: '/metrics', key: http.operatorKey });
    expect(metrics.text).toMatch(
      /countersign_decisions_total\{subject="purchase",outcome="approved"\} [1-9]/,
    );
    expect(metrics.text).toMatch(
      /countersign_http_request_seconds_count\{method="POST",route="\/v1\/procurement\/requests",status="201"\} [1-9]/,
    );
    expect(metrics.text).not.toContain('preq_');
  });

  it('is alive and ready', async () => {
    expect(await (await fetch(`${base}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${base}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  it('serves a log that its own key verifies', async () => {
    await http.gateway.sequencer.run();
    const { verifier_key } = (await (await fetch(`${base}/v1/log/key`)).json()) as { verifier_key: string };
    const note = await (await fetch(`${base}/log/checkpoint`)).text();
    const checkpoint = openCheckpoint(note, { verifierKey: parseVerifierKey(verifier_key) });
    expect(checkpoint.size).toBeGreaterThan(5);
    const width = checkpoint.size % 256;
    const tile = await fetch(`${base}/log/tile/0/000.p/${width}`);
    expect(tile.status).toBe(200);
    expect((await tile.arrayBuffer()).byteLength).toBe(width * 32);
    expect((await fetch(`${base}/log/tile/entries/000.p/${width}`)).status).toBe(401);
    const bundle = await fetch(`${base}/log/tile/entries/000.p/${width}`, {
      headers: { 'x-api-key': cast.auditor },
    });
    expect(bundle.status).toBe(200);
    expect(Buffer.from(await bundle.arrayBuffer()).toString('utf8')).toContain('policy.published');
    const auditor = { headers: { 'x-api-key': cast.auditor } };
    const proof = await fetch(`${base}/v1/log/proofs/inclusion?leaf_index=2`, auditor);
    expect(await proof.json()).toMatchObject({ leaf_index: 2, tree_size: checkpoint.size });
    const consistency = await fetch(`${base}/v1/log/proofs/consistency?from=2`, auditor);
    expect(await consistency.json()).toMatchObject({ from: 2, to: checkpoint.size });
    const entries = (await (await fetch(`${base}/v1/log/entries?start=1&limit=2`, auditor)).json()) as {
      data: { leaf_index: number }[];
      next_start: number;
    };
    expect(entries.data.map(({ leaf_index }) => leaf_index)).toEqual([1, 2]);
    expect(entries.next_start).toBe(3);
  });
});

describe('a server that closes', () => {
  it('answers long polls with what there is and ends streams', async () => {
    const http = await startHttpGateway();
    const cast = await setUpCast(http);
    const base = await http.app.listen({ host: '127.0.0.1', port: 0 });
    const held = await http.call({
      method: 'POST',
      url: REQUESTS,
      key: cast.agent,
      body: { ...SEED_BODY, amount: 3000 },
    });
    const poll = fetch(`${base}${REQUESTS}/${held.body['request_id']}?wait=60`, {
      headers: { 'x-api-key': cast.agent },
    });
    const stream = await fetch(`${base}/v1/events`, { headers: { 'x-api-key': cast.agent } });
    const ended = stream.text();
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    const started = performance.now();
    await http.close();
    expect(performance.now() - started).toBeLessThan(10_000);
    const answer = await poll;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'held' });
    expect(await ended).toContain(': open');
  });
});

describe('a gateway without its ledger', () => {
  it('answers 503 with the time to try again, and never 500', async () => {
    const http = await startHttpGateway();
    try {
      const cast = await setUpCast(http);
      await http.gateway.gate.drain();
      const answer = await http.call({ method: 'POST', url: REQUESTS, key: cast.agent, body: SEED_BODY });
      expect(answer).toMatchObject({ status: 503, body: { code: 'ledger_unavailable' } });
      expect(answer.headers['retry-after']).toBe('1');
    } finally {
      await http.close();
    }
  });
});

async function readStream(
  base: string,
  key: string,
  headers: Record<string, string>,
  isEnough: (text: string) => boolean,
  query = '',
): Promise<string> {
  const stop = new AbortController();
  const answer = await fetch(`${base}/v1/events${query}`, {
    headers: { 'x-api-key': key, ...headers },
    signal: stop.signal,
  });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (isEnough(text) && text.endsWith('\n\n')) break;
  }
  stop.abort();
  return text;
}
