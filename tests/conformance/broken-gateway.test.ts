// What the conformance command says of gateways that do not do what they must: a proxy stands for each broken control; and of
// installations in which not everything can be tested.
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { verifyPack } from '../../packages/cli/src/conformance/verify-pack.ts';
import {
  type CommandRun,
  type ConformanceGateway,
  removeFolders,
  runCommand,
  startConformanceGateway,
} from './conformance-gateway.ts';

let gateway: ConformanceGateway;
const proxies: Server[] = [];

beforeAll(async () => {
  gateway = await startConformanceGateway();
}, 60_000);

afterAll(async () => {
  for (const proxy of proxies) proxy.close();
  await gateway.close();
  await removeFolders();
});

type Answer = { status: number; body: string };
type Asked = { method: string; path: string; body: string };

/** A gateway whose answers are another's. */
async function proxyWith(change: (answer: Answer, asked: Asked) => Answer): Promise<string> {
  const read = async (message: IncomingMessage): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  };
  const proxy = createServer((request, response) => {
    const forward = async (): Promise<void> => {
      const body = await read(request);
      const { method = 'GET', url: path = '/' } = request;
      const { authorization, 'content-type': type } = request.headers;
      const forwarded = await fetch(new URL(path, gateway.url), {
        method,
        headers: { ...(authorization ? { authorization } : {}), ...(type ? { 'content-type': type } : {}) },
        ...(body === '' ? {} : { body }),
      });
      const answer = change(
        { status: forwarded.status, body: await forwarded.text() },
        { method, path, body },
      );
      response.writeHead(answer.status, {
        'content-type': forwarded.headers.get('content-type') ?? 'text/plain',
      });
      response.end(answer.body);
    };
    forward().catch((error: unknown) => void response.writeHead(502).end(String(error)));
  });
  proxies.push(proxy);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

const isPurchase = ({ method, path }: Asked): boolean =>
  method === 'POST' && path === '/v1/procurement/requests';

function failedCases({ report, dir }: CommandRun): string[] {
  const failed = (report['summary'].tests as { failed: number }[]).some((test) => test.failed > 0);
  const text = readFileSync(join(dir, 'report.txt'), 'utf8');
  const named = [...text.matchAll(/FAILED {2}(\S+) /g)].map((match) => match[1] ?? '');
  expect(failed).toBe(named.length > 0);
  return named;
}

describe('without a matrix in force', () => {
  it('tests what needs none, says what it left out, publishes none, and does not end with 0', async () => {
    const run = await runCommand(gateway.url, { only: '8.1,8.4' });
    expect(run.code).toBe(1);
    expect(run.notes).toContain('--first-matrix');
    expect(failedCases(run)).toEqual([]);
    expect(run.report['summary'].tests).toContainEqual(
      expect.objectContaining({ test: '8.1', passed: 0, failed: 0, standing: 'not_tested' }),
    );
    expect(run.report['summary']).toMatchObject({ conformant: false, maturity: null });
    const answer = await fetch(new URL('/v1/authority-matrix', gateway.url), {
      headers: { authorization: 'Bearer operator-key-of-the-tests-0123456789abcdef' },
    });
    expect(answer.status).toBe(404);
    expect((await verifyPack(run.dir)).faults).toEqual([]);
  }, 120_000);
});

describe('a gateway that', () => {
  it('lets pass what it should hold fails 8.1, and its own log contradicts it', async () => {
    const url = await proxyWith((answer, asked) => {
      if (!isPurchase(asked) || !asked.body.includes('18400.00')) return answer;
      const { approval: _, ...body } = JSON.parse(answer.body) as Record<string, unknown>;
      const checkout = { status: 'issued', method: 'card', card_id: 'card_forged' };
      return { ...answer, body: JSON.stringify({ ...body, status: 'approved', checkout }) };
    });
    const run = await runCommand(url, { only: '8.1,8.8', firstMatrix: true });
    expect(run.code).toBe(1);
    expect(failedCases(run)).toEqual(['8.1-scenario-a', '8.8-all-it-needs']);
    expect(run.report['summary'].clauses).toContainEqual(
      expect.objectContaining({ clause: '4.1', failed: 1, standing: 'failed' }),
    );
    // What it says of the failure is sound evidence.
    expect((await verifyPack(run.dir)).faults).toEqual([]);
  }, 120_000);

  it('denies what is innocent fails too', async () => {
    const url = await proxyWith((answer, asked) =>
      isPurchase(asked) && asked.body.includes('gravel')
        ? { ...answer, body: answer.body.replaceAll('"approved"', '"denied"') }
        : answer,
    );
    const run = await runCommand(url, { only: '8.4', firstMatrix: true });
    expect(failedCases(run)).toEqual(['8.4-other-suppliers']);
    expect(run.code).toBe(1);
  }, 120_000);

  it('keeps a denial out of its log, or breaks a promise, fails 8.8', async () => {
    const hidden = new Set<string>();
    const url = await proxyWith((answer, asked) => {
      if (isPurchase(asked) && asked.body.includes('70000.01')) {
        hidden.add((JSON.parse(answer.body) as { request_id: string }).request_id);
      }
      if (answer.status !== 200 || !asked.path.startsWith('/v1/log/entries?')) return answer;
      const page = JSON.parse(answer.body) as { data: { subject_id: string }[] };
      const data = page.data.map((each) =>
        hidden.has(each.subject_id) ? { ...each, subject_id: 'other' } : each,
      );
      return { ...answer, body: JSON.stringify({ ...page, data }) };
    });
    const run = await runCommand(url, { only: '8.1,8.8', firstMatrix: true });
    expect(hidden.size).toBe(1);
    expect(failedCases(run)).toEqual(['8.8-every-attempt', '8.8-all-it-needs', '8.8-promises']);
  }, 180_000);
});

describe('under four eyes', () => {
  it('takes a second operator, and refuses to start without', async () => {
    const second = await startConformanceGateway();
    try {
      const { send, url } = second;
      await send('POST', '/v1/operators', { operator_id: 'second', name: 'Second' });
      const { api_key: secondKey } = await send('POST', '/v1/operators/second/keys');
      await send('PATCH', '/v1/settings', { change_control: 'four_eyes' });
      await expect(runCommand(url, { only: '8.1' })).rejects.toThrow(/COUNTERSIGN_SECOND_OPERATOR_KEY/);
      const run = await runCommand(url, { only: '8.1', firstMatrix: true, secondKey: secondKey as string });
      expect(failedCases(run)).toEqual([]);
      expect(run.report['summary'].tests[0]).toMatchObject({ test: '8.1', standing: 'passed' });
    } finally {
      await second.close();
    }
  }, 180_000);
});

describe('budgets of the whole organisation', () => {
  it('are not used without a word', async () => {
    await gateway.send('POST', '/v1/budgets', {
      budget_id: 'all',
      name: 'All',
      scope: { type: 'organisation' },
      period: 'year',
      currency: 'GBP',
      limit: '900000.00',
    });
    await expect(runCommand(gateway.url, { only: '8.2' })).rejects.toThrow(
      /`all` covers the whole organisation/,
    );
    const run = await runCommand(gateway.url, { only: '8.2', sharedBudgets: true });
    expect(failedCases(run)).toEqual([]);
    expect(await gateway.send('GET', '/v1/budgets/all')).toMatchObject({
      committed: '0.00',
      pending: '0.00',
    });
  }, 180_000);
});
