// What two-person control makes of every route, as change-table.json says: a route that is not in it fails, so that a new
// one is decided on, not forgotten. And each route that waits for a second person is called, and must not act.
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { changeKindOf, listOperations } from '@countersign/contract';

import { type HttpGateway, setUpCast, startHttpGateway } from '../harness/http-gateway.ts';

const golden = JSON.parse(readFileSync(new URL('./change-table.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;
const changing = listOperations().filter((operation) => changeKindOf(operation) !== undefined);

let http: HttpGateway;
let second: string;
beforeAll(async () => {
  http = await startHttpGateway();
  await setUpCast(http);
  const send = (method: 'POST' | 'PATCH', url: string, body?: unknown) =>
    http.call({ method, url, key: http.operatorKey, ...(body === undefined ? {} : { body }) });
  await send('POST', '/v1/operators', { operator_id: 'second', name: 'Second' });
  second = (await send('POST', '/v1/operators/second/keys')).body['api_key'] as string;
  expect((await send('PATCH', '/v1/settings', { change_control: 'four_eyes' })).status).toBe(200);
});
afterAll(() => http.close());

describe('the table of changes', () => {
  it('has every route by which somebody with a role changes anything, and says what is made of it', () => {
    const declared = Object.fromEntries(
      changing.map((operation) => [
        `${operation.method} ${operation.path}`,
        operation.change ?? 'undeclared',
      ]),
    );
    expect(
      declared,
      'declare `change` in the contract, and update tests/governance/change-table.json',
    ).toEqual(golden);
  });

  it.each(changing.map((operation) => [operation.operationId, operation] as const))(
    '%s',
    async (_, operation) => {
      const waits = ['controlled', 'always_reviewed'].includes(changeKindOf(operation) ?? '');
      const ids: Record<string, string> = {
        agent_id: 'agent_other',
        approver_id: 'anna',
        auditor_id: 'audrey',
        budget_id: 'platform_month',
        budget_owner_id: 'bob',
        entity_id: 'default',
        key_id: (await keyOf('anna')) ?? '',
        operator_id: 'second',
        policy_id: 'pol_procurement',
      };
      const url = operation.path.replaceAll(
        /\{([a-z_]+)\}/g,
        (_match, name: string) => ids[name] ?? 'nothing_here',
      );
      const { method, operationId } = operation;
      const body = operationId === 'updateSettings' ? { change_control: 'single' } : operation.bodyExample;
      const answer = await http.call({
        method,
        url,
        key: http.operatorKey,
        ...(body === undefined ? {} : { body }),
      });
      expect(answer.status, answer.text).not.toBe(500);
      // What waits is a draft, or refused for what it says, but never done. Nothing else ever waits.
      if (waits) expect([202, 404, 409, 422], answer.text).toContain(answer.status);
      expect(answer.body['status'] === 'pending_review', answer.text).toBe(waits && answer.status === 202);
      if (answer.status !== 202 || operationId === 'updateSettings') return;
      const changeId = answer.body['change_id'] as string;
      const approved = await http.call({
        method: 'POST',
        url: `/v1/changes/${changeId}/approve`,
        key: second,
      });
      expect(approved.status, approved.text).toBe(200);
      expect(approved.body).toMatchObject({ change: { status: 'approved' }, result: expect.any(Object) });
    },
  );
});

async function keyOf(approverId: string): Promise<string | undefined> {
  const { body } = await http.call({
    method: 'GET',
    url: `/v1/approvers/${approverId}/keys`,
    key: http.operatorKey,
  });
  return body['data']?.[0]?.key_id as string | undefined;
}
