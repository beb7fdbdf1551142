// The registry of suppliers over HTTP, and what a purchase, an approval and a charge make of it: by real keys, gate and log.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import {
  type Cast,
  type HttpAnswer,
  type HttpGateway,
  SEED_BODY,
  setUpCast,
  startHttpGateway,
} from '../harness/http-gateway.ts';

let http: HttpGateway;
let cast: Cast;

beforeAll(async () => {
  http = await startHttpGateway();
  cast = await setUpCast(http);
});

afterAll(() => http.close());

const REQUESTS = '/v1/procurement/requests';
const POLICY = 'pol_free';

async function put(supplierId: string, body: object): Promise<HttpAnswer> {
  return http.call({ method: 'PUT', url: `/v1/suppliers/${supplierId}`, key: http.operatorKey, body });
}

async function registered(supplierId: string, body: object = {}): Promise<HttpAnswer> {
  const answer = await put(supplierId, {
    legal_name: `Example ${supplierId}`,
    standing: 'approved',
    ...body,
  });
  expect(answer.text).toContain('"version"');
  expect(answer.status).toBe(200);
  return answer;
}

async function buy(change: object): Promise<HttpAnswer> {
  const body = { ...SEED_BODY, amount: 100, policy_id: POLICY, ...change };
  return http.call({ method: 'POST', url: REQUESTS, key: cast.agent, body });
}

async function charge(opened: HttpAnswer, merchant: object): Promise<HttpAnswer> {
  const url = `/v1/sandbox/cards/${String(opened.body['checkout']['card_id'])}/authorizations`;
  const body = { amount: 100, currency: 'USD', merchant };
  return http.call({ method: 'POST', url, key: http.operatorKey, body });
}

function reasonsOf(answer: HttpAnswer): string[] {
  const { findings } = answer.body['decision'] as { findings: { outcome: string; reason_code: string }[] };
  return findings.filter(({ outcome }) => outcome !== 'pass').map(({ reason_code }) => reason_code);
}

beforeAll(async () => {
  const rules = [
    { rule_id: 'r1', rule_type: 'max_amount', parameters: { limit: 10_000, currency: 'USD' } },
    {
      rule_id: 'r2',
      rule_type: 'geography_block',
      parameters: { blocked_countries: ['KP'] },
      on_missing: 'ignore',
    },
  ];
  const body = { policy_id: POLICY, name: 'Free', rules };
  const answer = await http.call({ method: 'POST', url: '/v1/policies', key: http.operatorKey, body });
  expect(answer.status).toBe(201);
});

describe('the registry', () => {
  it('stores versions, answers them, and keeps identifiers in their normal form', async () => {
    const answer = await registered('reg_one', {
      domains: ['Shop.Reg-One.example.com'],
      tax_ids: ['de 123.456-789'],
      bank_accounts: ['DE89 3704 0044 0532 0130 00'],
      country: 'de',
      metadata: { erp: 'V-1' },
    });
    expect(answer.body).toMatchObject({
      supplier_id: 'reg_one',
      version: 1,
      domains: ['shop.reg-one.example.com'],
      tax_ids: ['DE123456789'],
      bank_accounts: ['DE89370400440532013000'],
      country: 'DE',
      sanctions: null,
      verification: { state: 'unverified', date: null },
      metadata: { erp: 'V-1' },
    });
    const metadata = { erp: 'V-2' };
    const next = await registered('reg_one', { standing: 'preferred', metadata });
    expect(next.body).toMatchObject({ version: 2, standing: 'preferred', domains: [] });
    const again = await registered('reg_one', { standing: 'preferred', metadata });
    expect(again.body['version']).toBe(2);
    const first = await http.call({
      method: 'GET',
      url: '/v1/suppliers/reg_one?version=1',
      key: cast.auditor,
    });
    expect(first.body).toMatchObject({ version: 1, tax_ids: ['DE123456789'] });
  });

  it('keeps bank accounts and tax ids out of the log', async () => {
    await registered('reg_secret', { tax_ids: ['SECRETTAX77'], bank_accounts: ['GB29NWBK60161331926819'] });
    await http.gateway.sequencer.run();
    const { rows } = await http.gateway.database.pool.query<{ body: Buffer }>(
      "SELECT body FROM log_entry WHERE subject_id = 'reg_secret'",
    );
    const [entry] = rows.map((row) => row.body.toString('utf8'));
    expect(rows).toHaveLength(1);
    expect(entry).toContain('"type":"supplier.registered"');
    expect(entry).toContain('"commitment"');
    expect(entry).not.toMatch(/SECRETTAX77|60161331926819|Example reg_secret/);
  });

  it('names every fault by its field, and stores nothing', async () => {
    const answer = await put('reg_bad', {
      legal_name: 'Bad',
      standing: 'approved',
      domains: ['co.uk', '*.github.io', 'https://x.example.com/'],
      bank_accounts: ['DE89370400440532013001'],
      country: 'XX',
      sanctions: { flagged: true },
      group_id: 'reg_bad',
    });
    expect(answer.status).toBe(422);
    const fields = (answer.body['errors'] as { field: string }[]).map(({ field }) => field);
    expect(fields).toEqual([
      'domains[0]',
      'domains[1]',
      'domains[2]',
      'bank_accounts[0]',
      'country',
      'sanctions.list',
      'group_id',
    ]);
    const found = await http.call({ method: 'GET', url: '/v1/suppliers/reg_bad', key: http.operatorKey });
    expect(found.status).toBe(404);
  });

  it('refuses an identifier of another supplier, but not within a group', async () => {
    await registered('con_a', {
      tax_ids: ['FR12345678901'],
      domains: ['con.example.com'],
      merchant_ids: ['MID-CON-1'],
      descriptors: ['CON A PARIS'],
    });
    for (const [body, field] of [
      [{ tax_ids: ['FR 123 456 789 01'] }, 'tax_ids[0]'],
      [{ domains: ['con.example.com'] }, 'domains[0]'],
      [{ merchant_ids: ['MID-CON-1'] }, 'merchant_ids[0]'],
      [{ descriptors: ['CON A PARIS'] }, 'descriptors[0]'],
      [{ descriptors: ['con_a'] }, 'descriptors[0]'],
    ] as const) {
      const answer = await put('con_b', { legal_name: 'B', standing: 'approved', ...body });
      expect(answer.status).toBe(422);
      expect(answer.body['errors']).toMatchObject([{ field, code: 'identifier_taken' }]);
      expect(answer.text).toContain('con_a');
    }
    await registered('con_b', { tax_ids: ['FR12345678901'], group_id: 'con_a' });
    // Leaving the group would leave two suppliers with one tax id.
    const left = await put('con_b', { legal_name: 'B', standing: 'approved', tax_ids: ['FR12345678901'] });
    expect(left.status).toBe(422);
    const circle = await put('con_a', { legal_name: 'A', standing: 'approved', group_id: 'con_b' });
    expect(circle.body['errors']).toMatchObject([{ field: 'group_id', code: 'group_circle' }]);
  });

  it('lists by filter, page by page', async () => {
    for (const id of ['lst_1', 'lst_2', 'lst_3'])
      await registered(id, { country: 'NZ', standing: 'probation' });
    const url = '/v1/suppliers?country=nz&standing=probation&limit=2';
    const one = await http.call({ method: 'GET', url, key: cast.auditor });
    const ids = (answer: HttpAnswer): string[] =>
      (answer.body['data'] as { supplier_id: string }[]).map(({ supplier_id }) => supplier_id);
    expect(ids(one)).toEqual(['lst_1', 'lst_2']);
    const two = await http.call({
      method: 'GET',
      url: `${url}&cursor=${String(one.body['next_cursor'])}`,
      key: cast.auditor,
    });
    expect(ids(two)).toEqual(['lst_3']);
    expect(two.body['next_cursor']).toBeNull();
    const named = await http.call({
      method: 'GET',
      url: '/v1/suppliers?name=EXAMPLE%20LST_2',
      key: cast.auditor,
    });
    expect(ids(named)).toEqual(['lst_2']);
  });
});

describe('importing a CSV', () => {
  const header = 'supplier_id,legal_name,standing,country,tax_ids,domains,sanctioned,sanctions_list\n';
  const send = (csv: string): Promise<HttpAnswer> =>
    http.call({
      method: 'POST',
      url: '/v1/suppliers/import',
      key: http.operatorKey,
      raw: csv,
      headers: { 'content-type': 'text/csv' },
    });

  it('takes text/csv and JSON, counts what changed, and comes back by export', async () => {
    const csv = `${header}imp_1,"Ünïted, Example ""Imports"" Ltd",approved,GB,GB111222333|GB111222334,imp1.example.com,no,\nimp_2,=cmd Example,prohibited,,,,yes,EX list\n`;
    expect((await send(csv)).body).toEqual({ rows: 2, registered: 2, changed: 0, unchanged: 0 });
    const body = { csv: csv.replace('approved', 'preferred') };
    const json = await http.call({
      method: 'POST',
      url: '/v1/suppliers/import',
      key: http.operatorKey,
      body,
    });
    expect(json.body).toEqual({ rows: 2, registered: 0, changed: 1, unchanged: 1 });
    const exported = await http.call({ method: 'GET', url: '/v1/suppliers/export', key: cast.auditor });
    expect(exported.headers['content-type']).toContain('text/csv');
    expect(exported.text).toContain(`imp_2,'=cmd Example,`);
    const back = await send(exported.text);
    expect(back.body).toMatchObject({ registered: 0, changed: 0 }); // what it has no column for stays
  });

  it('refuses all of it for any bad row, with row, column and reason', async () => {
    const answer = await send(
      `${header}bad_1,Good One,approved,GB,,,,\nbad_2,,approved,GB,,,,\nbad_3,Three,fine,ZZ,1,,,\nbad_4,Four,approved\nbad_1,Again,approved,,,,,\nbad_5,Five,approved,,GB111222333,,,\n`,
    );
    expect(answer.status).toBe(422);
    const errors = answer.body['errors'] as { field: string; code: string; message: string }[];
    expect(errors.map(({ field, code }) => `${field} ${code}`)).toEqual([
      'rows[3].legal_name required',
      'rows[4].standing invalid',
      'rows[4].tax_ids invalid_tax_id',
      'rows[4].country unknown_country',
      'rows[5] wrong_cell_count',
      'rows[6].supplier_id given_twice',
    ]);
    expect(errors[0]?.message).toContain('ow 3, column `legal_name`');
    const found = await http.call({ method: 'GET', url: '/v1/suppliers/bad_1', key: http.operatorKey });
    expect(found.status).toBe(404);
    const taken = await send(`${header}bad_5,Five,approved,,GB111222333,,,\n`);
    expect(taken.body['errors']).toMatchObject([{ field: 'rows[2].tax_ids', code: 'identifier_taken' }]);
  });

  it.each([
    ['', 'empty'],
    ['supplier_id,legal_name,standing\n', 'empty_csv'],
    ['supplier_id,legal_name,standing,colour\na,b,approved,red\n', 'unknown_column'],
    ['supplier_id,legal_name\na,b\n', 'column_missing'],
    ['supplier_id,legal_name,standing\na,"b,approved\n', 'malformed_csv'],
  ])('refuses a file that is none: %j', async (csv, code) => {
    const answer = await send(csv);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    if (code !== 'empty') expect(answer.body['errors']).toMatchObject([{ code }]);
  });
});

describe('asking who it is', () => {
  it('resolves identifiers, groups and names, and admits by identifiers alone', async () => {
    await registered('blue', {
      legal_name: 'Blueflask Coffee Roasters Ltd',
      domains: ['blueflask.example.org'],
      descriptors: ['BLUEFLASK 0012'],
    });
    const names = [
      { domain: 'https://www.blueflask.example.org/shop' },
      'BLUEFLASK 0012',
      'SQ *BLUEFLASK COFFEE ROAST',
      'Вlueflask Coffee Roasters',
      'shop.blueflask.example.org',
      'Nobody In Particular Zqx',
    ];
    const { status, body } = await http.call({
      method: 'POST',
      url: '/v1/suppliers/resolve',
      key: cast.approver,
      body: { names },
    });
    expect(status).toBe(200);
    const results = body['results'] as Record<string, unknown>[];
    expect(results.map(({ match, matched_by, admits }) => [match, matched_by, admits])).toEqual([
      ['supplier', 'domain', true],
      ['supplier', 'descriptor', true],
      ['supplier', 'name', false],
      ['supplier', 'name', false],
      ['supplier', 'registrable_domain', false],
      ['unknown', null, false],
    ]);
    expect(results[3]?.['reasons']).toContain('look_alike');
  });

  it('relates pairs either way round, and is not for agents', async () => {
    const body = {
      pairs: [
        ['AMZN Mktp CA*2K4', 'Amazon.ca'],
        [
          { name: 'Alpha', tax_id: 'DE 123456789' },
          { name: 'Omega', tax_id: 'DE123456789' },
        ],
        ['Northwind Paper', 'Sunrise Dental'],
      ],
    };
    const url = '/v1/suppliers/relate';
    const answer = await http.call({ method: 'POST', url, key: cast.budgetOwner, body });
    const results = answer.body['results'] as { related: boolean }[];
    expect(results.map(({ related }) => related)).toEqual([true, true, false]);
    const turned = { pairs: body.pairs.map(([one, other]) => [other, one]) };
    const back = await http.call({ method: 'POST', url, key: cast.auditor, body: turned });
    expect(back.body).toEqual(answer.body);
    expect((await http.call({ method: 'POST', url, key: cast.agent, body })).status).toBe(403);
    const tooMany = { pairs: Array.from({ length: 1001 }, () => ['a', 'b']) };
    expect((await http.call({ method: 'POST', url, key: cast.auditor, body: tooMany })).status).toBe(422);
  });
});

describe('a purchase from a registered supplier', () => {
  it('carries the registry as a fact, and takes the country from it', async () => {
    await registered('fact_ok', { domains: ['fact.example.net'], country: 'CA' });
    expect((await buy({ vendor: 'fact.example.net' })).body['status']).toBe('approved');
    await registered('fact_kp', { country: 'KP' });
    const denied = await buy({ vendor: 'fact_kp' });
    expect(denied.body['status']).toBe('denied');
    expect(reasonsOf(denied)).toEqual(['blocked_geography']);
  });

  it('is denied by standing and sanctions, under each identifier', async () => {
    await registered('den_p', {
      standing: 'prohibited',
      merchant_ids: ['MID-DEN'],
      domains: ['*.den.example.net'],
    });
    await registered('den_s', { standing: 'suspended' });
    await registered('den_x', { sanctions: { flagged: true, list: 'EX list', date: '2026-01-05' } });
    for (const [change, reason] of [
      [{ vendor: 'den_p' }, 'supplier_prohibited'],
      [{ vendor: 'MID-DEN' }, 'supplier_prohibited'],
      [{ vendor: 'shop.den.example.net' }, 'supplier_prohibited'],
      [{ vendor: 'somebody_else_1', merchant: { domain: 'shop.den.example.net' } }, 'supplier_prohibited'],
      [{ vendor: 'den_s' }, 'supplier_suspended'],
      [{ vendor: 'den_x' }, 'supplier_sanctioned'],
    ] as const) {
      const answer = await buy(change);
      expect(answer.body['status']).toBe('denied');
      expect(reasonsOf(answer)).toContain(reason);
    }
  });

  it('is held for review when only the name is like a prohibited one', async () => {
    await registered('rev_p', { legal_name: 'Quarrelsome Widget Works GmbH', standing: 'prohibited' });
    for (const vendor of [
      'Quarrelsome Widget Works',
      'QUARRELSOME-WIDGET-WORKS',
      'quarrelsomewidgetworks.example.com',
    ]) {
      const answer = await buy({ vendor });
      expect(answer.body['status']).toBe('held');
      expect(reasonsOf(answer)).toEqual(['supplier_name_review']);
    }
    expect((await buy({ vendor: 'Peaceful Gadget Garden' })).body['status']).toBe('approved');
  });

  it('is denied when its identifiers are of two suppliers', async () => {
    await registered('two_a');
    await registered('two_b', { domains: ['two.example.net'] });
    const answer = await buy({ vendor: 'two_a', merchant: { domain: 'two.example.net' } });
    expect(answer.body['status']).toBe('denied');
    expect(reasonsOf(answer)).toEqual(['supplier_conflict']);
  });

  it('is looked at again at the signature and at the till', async () => {
    await registered('late', { domains: ['late.example.net'] });
    const opened = await buy({ vendor: 'late.example.net' });
    expect(opened.body['status']).toBe('approved');
    await registered('late', { domains: ['late.example.net'], standing: 'prohibited' });
    const declined = await charge(opened, { domain: 'late.example.net' });
    expect(declined.body).toMatchObject({ approved: false, reason: 'supplier_prohibited' });

    await registered('late2', { legal_name: 'Latecomer Hydraulics', standing: 'suspended' });
    const held = await buy({ vendor: 'Latecomer Hydraulics' });
    expect(held.body['status']).toBe('held');
    await registered('late2', {
      legal_name: 'Latecomer Hydraulics',
      standing: 'prohibited',
      descriptors: ['Latecomer Hydraulics'],
    });
    const signed = await http.call({
      method: 'POST',
      url: `/v1/approvals/${String(held.body['approval']['approval_id'])}/approve`,
      key: cast.approver,
      body: { authorization_reference: 'AUTH-1' },
    });
    expect(signed.status).toBe(200);
    const url = `${REQUESTS}/${String(held.body['request_id'])}`;
    const shown = await http.call({ method: 'GET', url, key: cast.agent });
    expect(shown.body['status']).toBe('denied');
    expect(shown.text).toContain('supplier_prohibited');
  });
});

describe('the merchant at the till', () => {
  const supplier = {
    legal_name: 'Tillworthy Paper Ltd',
    domains: ['till.example.net'],
    merchant_ids: ['MID-TILL'],
    descriptors: ['TILLWORTHY PAPER LEEDS'],
  };

  it.each([
    ['its merchant id', { name: 'ACQ 99', merchant_id: 'MID-TILL' }, true],
    ['its domain', { domain: 'www.till.example.net' }, true],
    ['its exact descriptor', { name: 'TILLWORTHY PAPER LEEDS' }, true],
    ['the vendor string', { name: 'till' }, true],
    ['a name like it', { name: 'TILLWORTHY PAPER LEED' }, false],
    ['its legal name', { name: 'Tillworthy Paper Ltd' }, false],
    ['a merchant id of another supplier', { name: 'till', merchant_id: 'MID-OTHER' }, false],
    ['nothing', { name: 'SOMEBODY' }, false],
  ])('by %s', async (_, merchant, approved) => {
    await registered('till', supplier);
    await registered('other_till', { merchant_ids: ['MID-OTHER'] });
    const opened = await buy({ vendor: 'till' });
    expect(opened.body['status']).toBe('approved');
    const answer = await charge(opened, merchant);
    expect(answer.body).toMatchObject(approved ? { approved } : { approved, reason: 'merchant_mismatch' });
  });

  it('reconciles what it identified', async () => {
    await registered('till', supplier);
    const opened = await buy({ vendor: 'till' });
    const charged = await charge(opened, { name: 'ACQ 99', merchant_id: 'MID-TILL' });
    await http.call({
      method: 'POST',
      url: `/v1/sandbox/authorizations/${String(charged.body['authorization_id'])}/capture`,
      key: http.operatorKey,
    });
    const shown = await http.call({
      method: 'GET',
      url: `${REQUESTS}/${String(opened.body['request_id'])}`,
      key: cast.agent,
    });
    expect(shown.body['checkout']['status']).toBe('reconciled');
  });
});

describe('the record', () => {
  it('recomputes every decision from its facts, whatever the registry says today', async () => {
    await registered('fact_ok', { standing: 'prohibited' });
    await http.gateway.sequencer.run();
    const report = await recomputeDecisions(http.gateway.database.pool);
    expect(report.checked).toBeGreaterThan(20);
    expect(report.differences).toEqual([]);
  });
});
