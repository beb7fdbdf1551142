// CSV as spreadsheets write it: inside a JSON body and as a file. Line ends are taken, other control characters are not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type HttpGateway, setUpCast, startHttpGateway } from '../harness/http-gateway.ts';

let http: HttpGateway;

beforeAll(async () => {
  http = await startHttpGateway();
  await setUpCast(http);
});
afterAll(() => http.close());

describe('CSV', () => {
  it('takes a table with the line ends of a spreadsheet, and stores none of them', async () => {
    const call = (method: 'POST' | 'PUT', url: string, body: object) =>
      http.call({ method, url, key: http.operatorKey, body });
    const supplier = 'supplier_id,legal_name,standing\r\ncrlf,"Example\r\nSupplies Ltd",approved\r\n';
    expect((await call('POST', '/v1/suppliers/import', { csv: supplier })).status).toBe(422); // no line break in a name
    const plain = supplier.replace('\r\nSupplies', ' Supplies');
    expect((await call('POST', '/v1/suppliers/import', { csv: plain })).body).toMatchObject({
      registered: 1,
    });
    const rates =
      'base,quote,rate,date,source,methodology\r\nEUR,USD,1.1,2026-11-17,ecb,daily_close\r\nEUR,USD,0,2026-11-16,ecb,daily_close\r\n';
    expect((await call('POST', '/v1/exchange-rates/import', { csv: rates })).body).toMatchObject({
      errors: [{ field: 'csv[3].rate', code: 'rate_zero' }],
    });
    const matrix = {
      rows_csv: 'agent_id,category,amount,currency\r\n*,"roof, tiles",10000,USD\r\n',
      tiers_csv: 'tier,amount,currency,approvers\r\nhead,20000,USD,anna\r\n',
    };
    const published = await call('PUT', '/v1/authority-matrix', matrix);
    expect(published.status, published.text).toBe(200);
    const { rows } = await http.gateway.database.pool.query<{ document: unknown }>(
      `SELECT document FROM authority_matrix_version UNION ALL SELECT document FROM supplier_version`,
    );
    expect(JSON.stringify(rows)).not.toContain('\\r');
    const elsewhere = await call('PUT', '/v1/authority-matrix', { rows: [{ agent_id: '*\r\n' }] });
    expect(elsewhere).toMatchObject({ status: 400, body: { code: 'control_character' } });
    const file = await http.call({
      method: 'POST',
      url: '/v1/suppliers/import',
      key: http.operatorKey,
      raw: 'supplier_id,legal_name,standing\r\nbell,Ring\u0007 Ltd,approved\r\n',
      headers: { 'content-type': 'text/csv' },
    });
    expect(file).toMatchObject({ status: 400, body: { code: 'control_character', field: 'csv' } });
  });
});
