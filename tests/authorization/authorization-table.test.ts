// Every route, called with the key of every role: who gets through must be exactly what authorization-table.json says.
// A route that is not in the file fails, so that a new one is decided on, not forgotten.
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { listOperations } from '@countersign/contract';

import { urlOf } from '../../packages/server/src/http/route.ts';
import { type HttpCall, type HttpGateway, setUpCast, startHttpGateway } from '../harness/http-gateway.ts';

const golden = JSON.parse(
  readFileSync(new URL('./authorization-table.json', import.meta.url), 'utf8'),
) as Record<string, string[]>;

let http: HttpGateway;
let keys: Record<string, string | undefined>;

beforeAll(async () => {
  http = await startHttpGateway();
  const cast = await setUpCast(http);
  keys = {
    nobody: undefined,
    agent: cast.agent,
    operator: http.operatorKey,
    approver: cast.approver,
    budget_owner: cast.budgetOwner,
    auditor: cast.auditor,
  };
});

afterAll(() => http.close());

async function mayCall(method: HttpCall['method'], url: string, key: string | undefined): Promise<boolean> {
  const path = url
    .replace('/log/tile/:level/*', '/log/tile/0/000')
    .replace('*', '000')
    .replaceAll(/:[a-z_]+/g, 'nothing_here');
  const answer = await http.call({
    method,
    url: path,
    headers: { accept: 'application/json' },
    ...(key === undefined ? {} : { key }),
  });
  expect(answer.status, `${method} ${path}: ${answer.text}`).not.toBe(500);
  if (answer.status === 401) {
    expect(key, 'a valid key is never taken for none').toBeUndefined();
    return false;
  }
  return !(answer.status === 403 && answer.body['code'] === 'forbidden');
}

/** They answer a question and change nothing. */
const READS_BY_POST = new Set(['POST /v1/suppliers/resolve', 'POST /v1/suppliers/relate']);

describe('the table of rights', () => {
  it('has every route that is served, and no other', () => {
    const served = http.app.served.map(({ method, url }) => `${method} ${url}`).sort();
    expect(Object.keys(golden).sort(), 'update tests/authorization/authorization-table.json').toEqual(served);
  });

  it('serves exactly the operations of the contract', () => {
    const served = http.app.served.map(({ method, url }) => `${method} ${url}`).sort();
    expect(
      listOperations()
        .map(({ method, path }) => `${method} ${urlOf(path)}`)
        .sort(),
    ).toEqual(served);
  });

  it('lets the auditor read whatever an operator may read, and change nothing', () => {
    for (const [route, allowed] of Object.entries(golden)) {
      const isRead = route.startsWith('GET ') || READS_BY_POST.has(route);
      if (!isRead) expect(allowed, route).not.toContain('auditor');
      else if (allowed.includes('operator')) expect(allowed, route).toContain('auditor');
    }
  });

  it.each(Object.entries(golden))('%s', async (route, allowed) => {
    const [method, url] = route.split(' ') as [HttpCall['method'], string];
    const through: string[] = [];
    for (const [role, key] of Object.entries(keys)) if (await mayCall(method, url, key)) through.push(role);
    expect(through).toEqual(allowed);
  });
});

describe('a key', () => {
  const whoami = (headers: Record<string, string>) =>
    http.app.inject({ method: 'GET', url: '/v1/whoami', headers });

  it('goes into either header, and not two different ones', async () => {
    const key = String(keys['auditor']);
    expect((await whoami({ authorization: `Bearer ${key}` })).json()).toMatchObject({
      kind: 'principal',
      id: 'audrey',
      roles: ['auditor'],
    });
    expect((await whoami({ 'x-api-key': key })).statusCode).toBe(200);
    expect((await whoami({ authorization: `bearer ${key}`, 'x-api-key': key })).statusCode).toBe(200);
    expect(
      (await whoami({ authorization: `Bearer ${key}`, 'x-api-key': String(keys['agent']) })).statusCode,
    ).toBe(401);
    expect((await whoami({ authorization: `Basic ${key}` })).statusCode).toBe(401);
    expect((await whoami({ authorization: `Bearer ${key}x` })).statusCode).toBe(401);
    expect((await whoami({ 'x-api-key': '' })).statusCode).toBe(401);
    expect((await whoami({})).statusCode).toBe(401);
  });

  it('ends when it is revoked, and a rotated one after its overlap', async () => {
    const make = async () =>
      (await http.call({ method: 'POST', url: '/v1/auditors/audrey/keys', key: http.operatorKey })).body as {
        key_id: string;
        api_key: string;
      };
    const revoked = await make();
    expect((await whoami({ 'x-api-key': revoked.api_key })).statusCode).toBe(200);
    await http.call({ method: 'DELETE', url: `/v1/keys/${revoked.key_id}`, key: http.operatorKey });
    expect((await whoami({ 'x-api-key': revoked.api_key })).statusCode).toBe(401);

    const old = await make();
    const rotated = await http.call({
      method: 'POST',
      url: `/v1/keys/${old.key_id}/rotate`,
      key: http.operatorKey,
      body: { overlap_seconds: 60 },
    });
    expect(rotated.body).toMatchObject({
      replaced_key_id: old.key_id,
      api_key: expect.stringMatching(/^ck_aud_/),
    });
    expect((await whoami({ 'x-api-key': old.api_key })).statusCode).toBe(200);
    http.clock.nowMs += 61_000;
    const late = await whoami({ 'x-api-key': old.api_key });
    expect(late.json()).toMatchObject({ status: 401, code: 'key_expired' });
    expect((await whoami({ 'x-api-key': String(rotated.body['api_key']) })).statusCode).toBe(200);
  });

  it('is shown once: the same idempotency key does not show it again', async () => {
    const call = {
      method: 'POST',
      url: '/v1/agents/agent_other/keys',
      key: http.operatorKey,
      headers: { 'idempotency-key': 'k1' },
    } as const;
    const first = await http.call(call);
    expect(first.status).toBe(201);
    const second = await http.call(call);
    expect(second).toMatchObject({ status: 409, body: { code: 'secret_already_shown' } });
    expect(second.text).not.toContain(String(first.body['api_key']));
    const list = await http.call({
      method: 'GET',
      url: '/v1/agents/agent_other/keys',
      key: http.operatorKey,
    });
    expect(list.text).not.toContain(String(first.body['api_key']));
    expect(list.body['data'].length).toBeGreaterThan(1);
  });
});
