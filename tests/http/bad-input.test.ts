import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import {
  type Cast,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
let cast: Cast;
let entriesBefore: string;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
});

afterAll(() => http.close());

async function countEntries(): Promise<string> {
  const { rows } = await http.gateway.database.pool.query('SELECT count(*)::text AS count FROM log_entry');
  return String((rows as { count: string }[])[0]?.count);
}

beforeEach(async () => {
  entriesBefore = await countEntries();
});

afterEach(async () => {
  expect(await countEntries(), 'nothing is written for a request that cannot be read or is not valid').toBe(
    entriesBefore,
  );
});

const URL = '/v1/procurement/requests';
const SEED = JSON.stringify(SEED_BODY);
const withAmount = (literal: string): string => SEED.replace('"amount":1840', `"amount":${literal}`);

async function expectProblem(
  send: Promise<Awaited<ReturnType<HttpGateway['call']>>>,
  wanted: { status: number; code: string; field?: string; fault?: string },
): Promise<void> {
  const answer = await send;
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at Object\./);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect({ status: answer.status, code: answer.body['code'] }, answer.text).toEqual({
    status: wanted.status,
    code: wanted.code,
  });
  expect(answer.body['status']).toBe(wanted.status);
  expect(answer.body['type']).toBe(`urn:countersign:problem:${wanted.code}`);
  expect(String(answer.body['detail']).length).toBeGreaterThan(5);
  if (wanted.field !== undefined) expect(answer.body['field'], answer.text).toBe(wanted.field);
  if (wanted.fault !== undefined) expect(answer.body['errors']?.[0]?.code, answer.text).toBe(wanted.fault);
}

const post = (raw: string | Buffer, headers: Record<string, string> = {}) =>
  http.call({ method: 'POST', url: URL, key: cast.agent, raw, headers });
const postBody = (change: object) => post(JSON.stringify({ ...SEED_BODY, ...change }));

describe('a body that is not JSON as it must be', () => {
  it.each([
    ['not JSON', 'hello', 'malformed_json', undefined],
    ['cut off', SEED.slice(0, -20), 'malformed_json', 'metadata'],
    ['trailing text', `${SEED}x`, 'malformed_json', undefined],
    ['a trailing comma', '{"agent_id":"a",}', 'malformed_json', undefined],
    ['a byte order mark', `\ufeff${SEED}`, 'malformed_json', undefined],
    ['1e400', withAmount('1e400'), 'number_exponent', 'amount'],
    ['1e2', withAmount('1e2'), 'number_exponent', 'amount'],
    ['NaN', withAmount('NaN'), 'malformed_json', 'amount'],
    ['Infinity', withAmount('Infinity'), 'malformed_json', 'amount'],
    ['a number beyond a double', withAmount('1840.0000000000000001'), 'number_too_precise', 'amount'],
    ['a duplicate key', SEED.replace('{', '{"amount":1,'), 'duplicate_key', 'amount'],
    [
      'a duplicate key inside',
      SEED.replace('"category"', '"category":"x","category"'),
      'duplicate_key',
      'metadata.category',
    ],
    ['__proto__', SEED.replace('{', '{"__proto__":{},'), 'reserved_name', '__proto__'],
    ['a null character', SEED.replace('infra', 'in\\u0000fra'), 'control_character', 'intent'],
    ['an escape character', SEED.replace('infra', 'in\\u001bfra'), 'control_character', 'intent'],
    ['a carriage return', SEED.replace('infra', 'in\\rfra'), 'control_character', 'intent'],
    [
      'a control character in a name',
      SEED.replace('category', 'cat\\u0001'),
      'control_character',
      'metadata',
    ],
    ['a lone surrogate', SEED.replace('infra', 'in\\ud800fra'), 'lone_surrogate', 'intent'],
    ['deep nesting', `{"metadata":${'['.repeat(100)}${']'.repeat(100)}}`, 'nesting_too_deep', undefined],
    ['very deep nesting', '['.repeat(200_000), 'nesting_too_deep', undefined],
  ])('%s', async (_name, raw, code, field) => {
    await expectProblem(post(raw), { status: 400, code, ...(field === undefined ? {} : { field }) });
  });

  it('invalid UTF-8', async () => {
    const raw = Buffer.concat([Buffer.from('{"intent":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    await expectProblem(post(raw), { status: 400, code: 'invalid_utf8' });
  });

  it('no body at all, and an empty one', async () => {
    await expectProblem(http.call({ method: 'POST', url: URL, key: cast.agent }), {
      status: 400,
      code: 'body_required',
    });
    await expectProblem(post(''), { status: 400, code: 'body_required' });
  });

  it('10 MB, and just above the limit', async () => {
    const large = JSON.stringify({ ...SEED_BODY, intent: 'x'.repeat(10_000_000) });
    await expectProblem(post(large), { status: 413, code: 'body_too_large' });
    await expectProblem(post(JSON.stringify({ intent: 'x'.repeat(1_048_576) })), {
      status: 413,
      code: 'body_too_large',
    });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('sent as %s', async (type) => {
    await expectProblem(post(SEED, { 'content-type': type }), {
      status: 415,
      code: 'unsupported_media_type',
    });
  });
});

describe('a body that is JSON and not valid', () => {
  it.each([
    ['a list', '[]', 'invalid', undefined, 'wrong_type'],
    ['null', 'null', 'invalid', undefined, 'wrong_type'],
    ['a text', '"x"', 'invalid', undefined, 'wrong_type'],
  ])('%s', async (_name, raw, code, field, fault) => {
    await expectProblem(post(raw), { status: 422, code, fault, ...(field === undefined ? {} : { field }) });
  });

  it.each([
    ['negative', '-1', 'amount_negative'],
    ['negative zero', '-0', 'amount_sign'],
    ['zero', '0', 'amount_zero'],
    ['zero as text', '"0.00"', 'amount_zero'],
    ['1.005 USD', '1.005', 'amount_too_precise'],
    ['1.005 USD as text', '"1.005"', 'amount_too_precise'],
    ['an exponent in a text', '"1e3"', 'amount_exponent'],
    ['a sign', '"+5"', 'amount_sign'],
    ['a comma', '"1,840.00"', 'amount_not_a_number'],
    ['a space', '" 5"', 'amount_not_a_number'],
    ['empty', '""', 'amount_not_a_number'],
    ['leading zeros', '"007"', 'amount_not_a_number'],
    ['hexadecimal', '"0x10"', 'amount_not_a_number'],
    ['huge', '"99999999999999999999"', 'amount_too_large'],
    ['other digits', '"١٢"', 'amount_not_a_number'],
  ])('an amount that is %s', async (_name, literal, fault) => {
    await expectProblem(post(withAmount(literal)), {
      status: 422,
      code: 'invalid_amount',
      field: 'amount',
      fault,
    });
  });

  it('0.5 JPY, and the amounts JPY and KWD do have', async () => {
    await expectProblem(postBody({ amount: 0.5, currency: 'JPY' }), {
      status: 422,
      code: 'invalid_amount',
      field: 'amount',
      fault: 'amount_too_precise',
    });
    await expectProblem(postBody({ amount: '1.0001', currency: 'KWD' }), {
      status: 422,
      code: 'invalid_amount',
      field: 'amount',
      fault: 'amount_too_precise',
    });
  });

  it.each(['XXQ', 'US', 'dollars', '', 'U$D', 'USDUSDUSD'])('the currency %j', async (currency) => {
    const answer = await postBody({ currency });
    expect(answer.status).toBe(422);
    expect(answer.body['field']).toBe('currency');
  });

  it.each([
    ['amount', { amount: true }, 'wrong_type'],
    ['amount', { amount: null }, 'wrong_type'],
    ['amount', { amount: [1] }, 'wrong_type'],
    ['amount', { amount: { value: 1 } }, 'wrong_type'],
    ['currency', { currency: 840 }, 'wrong_type'],
    ['vendor', { vendor: 7 }, 'wrong_type'],
    ['vendor', { vendor: '' }, 'empty_text'],
    ['vendor', { vendor: 'x'.repeat(256) }, 'text_too_long'],
    ['intent', { intent: null }, 'wrong_type'],
    ['intent', { intent: 'x'.repeat(2001) }, 'text_too_long'],
    ['policy_id', { policy_id: 'not an id' }, 'invalid_format'],
    ['metadata', { metadata: [] }, 'wrong_type'],
    ['metadata.nested', { metadata: { nested: { x: 1 } } }, 'wrong_type'],
    ['metadata.note', { metadata: { note: 'x'.repeat(501) } }, 'text_too_long'],
    ['metadata.category', { metadata: { category: true } }, 'wrong_type'],
    ['metadata.cost_center', { metadata: { cost_center: '' } }, 'empty_text'],
    [`metadata.${'k'.repeat(41)}`, { metadata: { ['k'.repeat(41)]: 1 } }, 'invalid_name'],
    [
      'metadata',
      { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 1])) },
      'too_many_names',
    ],
    ['merchant.mcc', { merchant: { mcc: '57' } }, 'invalid_format'],
    ['merchant.country', { merchant: { country: 'QQ' } }, 'unknown_country'],
    ['rail', { rail: 'pigeon' }, 'unknown_rail'],
    ['expires_in', { expires_in: 1.5 }, 'wrong_type'],
    ['expires_in', { expires_in: 0 }, 'out_of_range'],
    ['commitment_type', { commitment_type: 'gift' }, 'unknown_choice'],
    ['replaces', { replaces: 'preq_1' }, 'invalid_format'],
    ['line_items[0].description', { line_items: [{ amount: 1 }] }, 'missing_field'],
    ['line_items[0].amount', { line_items: [{ description: 'x', amount: '1.001' }] }, 'amount_too_precise'],
    ['amount_details.tax', { amount_details: { tax: '-1' } }, 'amount_negative'],
  ])('%s: %j', async (field, change, fault) => {
    const answer = await postBody(change);
    expect(answer.status, answer.text).toBe(422);
    expect(answer.body['errors']).toContainEqual({ field, code: fault, message: expect.any(String) });
  });

  it('a field that is not known, named wherever it is, and never ignored', async () => {
    await expectProblem(postBody({ ammount: 5 }), { status: 422, code: 'unknown_field', field: 'ammount' });
    await expectProblem(postBody({ merchant: { domian: 'x' } }), {
      status: 422,
      code: 'unknown_field',
      field: 'merchant.domian',
    });
    await expectProblem(
      http.call({
        method: 'POST',
        url: '/v1/agents/agent_other/resume',
        key: http.operatorKey,
        body: { force: true },
      }),
      { status: 422, code: 'unknown_field', field: 'force' },
    );
  });

  it('every missing field at once', async () => {
    const answer = await post('{}');
    const fields = (answer.body['errors'] as { field: string }[]).map(({ field }) => field);
    expect(fields.sort()).toEqual(['agent_id', 'amount', 'currency', 'intent', 'vendor']);
  });

  it('a policy that is not known', async () => {
    await expectProblem(postBody({ policy_id: 'pol_nowhere' }), {
      status: 422,
      code: 'policy_not_found',
      field: 'policy_id',
    });
  });

  it.each(['', 'with space', 'é', 'x'.repeat(256)])('the idempotency key %j', async (key) => {
    await expectProblem(post(SEED, { 'idempotency-key': key }), {
      status: 422,
      code: 'invalid',
      field: 'Idempotency-Key',
    });
  });
});

describe('the control plane', () => {
  const operator = (method: 'POST' | 'PATCH', url: string, body: object) =>
    http.call({ method, url, key: http.operatorKey, body });
  it.each([
    [
      '/v1/policies',
      { policy_id: 'p', name: 'P', rules: [{ rule_id: 'r', rule_type: 'max_amuont', parameters: {} }] },
      422,
      'rules[0].rule_type',
    ],
    [
      '/v1/policies',
      {
        policy_id: 'p',
        name: 'P',
        rules: [{ rule_id: 'r', rule_type: 'max_amount', parameters: { limit: 'lots', currency: 'USD' } }],
      },
      422,
      'rules[0].parameters.limit',
    ],
    [
      '/v1/policies',
      {
        policy_id: 'p',
        name: 'P',
        rules: [{ rule_id: 'r', rule_type: 'max_amount', parameters: { limit: 5 } }],
      },
      422,
      'rules[0].parameters.currency',
    ],
    ['/v1/policies', { policy_id: 'p', name: 'P', rules: [], limits: 5 }, 422, 'limits'],
    [
      '/v1/budgets',
      { name: 'B', scope: { type: 'team', id: 'x' }, period: 'month', currency: 'USD', limit: '1.001' },
      422,
      'limit',
    ],
    [
      '/v1/budgets',
      { name: 'B', scope: { type: 'galaxy', id: 'x' }, period: 'month', currency: 'USD', limit: 1 },
      422,
      undefined,
    ],
    ['/v1/agents', { agent_id: 'has space', name: 'x' }, 422, 'agent_id'],
    ['/v1/agents', { agent_id: 'agent_other', name: 'x' }, 409, 'agent_id'],
    ['/v1/approvers', { approver_id: 'x', name: 'x', email: 'not an address' }, 422, 'email'],
    ['/v1/webhook-endpoints', { url: 'ftp://example.com' }, 422, 'url'],
  ])('POST %s %j', async (url, body, status, field) => {
    const answer = await operator('POST', url, body);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    if (field !== undefined) expect(answer.body['field'], answer.text).toBe(field);
  });

  it('refuses a policy as strictly as a purchase', async () => {
    const raw =
      '{"policy_id":"p","name":"P","rules":[{"rule_id":"r","rule_type":"max_amount","parameters":{"limit":1,"limit":9,"currency":"USD"}}]}';
    await expectProblem(http.call({ method: 'POST', url: '/v1/policies', key: http.operatorKey, raw }), {
      status: 400,
      code: 'duplicate_key',
      field: 'rules[0].parameters.limit',
    });
  });
});

describe('addresses and queries', () => {
  const get = (url: string, key = cast.auditor) => http.call({ method: 'GET', url, key });
  it.each([
    ['/v1/procurement/requests?limit=0', 422, 'limit'],
    ['/v1/procurement/requests?limit=ten', 422, 'limit'],
    ['/v1/procurement/requests?limit=201', 422, 'limit'],
    ['/v1/procurement/requests?status=maybe', 422, 'status'],
    ['/v1/procurement/requests?status=held&status=denied', 422, 'status'],
    ['/v1/procurement/requests?colour=red', 422, 'colour'],
    ['/v1/procurement/requests?created_after=yesterday', 422, 'created_after'],
    ['/v1/procurement/requests?created_after=2026-02-30T00:00:00Z', 422, 'created_after'],
    ['/v1/procurement/requests?vendor=%00', 422, 'vendor'],
    ['/v1/procurement/requests/x?wait=61', 422, 'wait'],
    ['/v1/violations?cursor=abc', 422, 'cursor'],
    ['/v1/log/proofs/inclusion', 422, 'leaf_index'],
    ['/v1/log/proofs/consistency?from=0', 422, 'from'],
    ['/v1/events?after=-2', 422, 'after'],
    ['/v1/procurement/requests/preq_nothing', 404, undefined],
    ['/v1/procurement/requests/%00', 404, undefined],
    [`/v1/procurement/requests/${'x'.repeat(200)}`, 404, undefined],
    ['/v1/procurement/requests/%', 400, undefined],
    ['/v1/nothing/here', 404, undefined],
    ['/log/tile/0/000', 404, undefined],
    ['/log/tile/0/x1', 404, undefined],
    ['/log/tile/entries/../../etc/passwd', 404, undefined],
  ])('GET %s is %i', async (url, status, field) => {
    const answer = await get(url);
    expect(answer.status, answer.text).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    if (field !== undefined) expect(answer.body['field']).toBe(field);
  });

  it('says who could read it without a key', async () => {
    const answer = await http.call({ method: 'GET', url: '/v1/budgets' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="countersign"');
  });
});

it('no secret of a request reaches the log', () => {
  const logs = http.logged.join('\n');
  expect(logs).not.toContain(cast.agent);
  expect(logs).not.toContain(http.operatorKey);
  expect(logs).not.toContain('infra renewal');
});
