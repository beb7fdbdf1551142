import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createTestAdmin,
  entryBodies,
  OPERATOR,
  refusalOf,
  type TestAdmin,
} from '../../../../tests/harness/test-admin.ts';
import { createAdmin } from './admin.ts';
import { EVENT_TYPES, isSubscribed } from './event-types.ts';
import { isPrivateAddress } from './webhook-url.ts';

let test: TestAdmin;
beforeAll(async () => {
  test = await createTestAdmin();
});
afterAll(() => test.close());

describe('webhook endpoints', () => {
  it('show their secret once and begin at the end of the log', async () => {
    const { webhookEndpoints } = test.admin;
    await test.database.pool.query('UPDATE log_head SET size = 41');
    const created = await webhookEndpoints.create(OPERATOR, {
      url: 'https://Example.com/hooks?t=1',
      events: ['purchase.*', 'card.issued', 'purchase.*'],
    });
    expect(created).toMatchObject({
      url: 'https://example.com/hooks?t=1',
      events: ['purchase.*', 'card.issued'],
    });
    expect(Buffer.from(created.secret.replace(/^whsec_/, ''), 'base64')).toHaveLength(32);
    expect(() => new Webhook(created.secret).sign('msg_1', new Date(), '{}')).not.toThrow();

    const rotated = await webhookEndpoints.rotateSecret(OPERATOR, created.endpointId);
    expect(rotated.secret).not.toBe(created.secret);
    const { rows } = await test.database.pool.query('SELECT next_leaf, secret FROM webhook_endpoint');
    expect(rows).toEqual([{ next_leaf: 41n, secret: rotated.secret }]);
    const { items } = await webhookEndpoints.list();
    expect(JSON.stringify([items, await webhookEndpoints.get(created.endpointId)])).not.toContain('whsec_');
    const log = JSON.stringify(await entryBodies(test.database.pool));
    expect(log).not.toContain('whsec_');
    expect(log).not.toContain('t=1');
    expect(log).toContain('"host":{"after":"example.com"');
  });

  it('are disabled with a reason and enabled again, one entry each', async () => {
    const { webhookEndpoints } = test.admin;
    const { endpointId } = await webhookEndpoints.create(OPERATOR, { url: 'https://example.org/a' });
    const entries = await test.entriesOf(async () => {
      const job = { kind: 'system', name: 'deliver-webhooks' } as const;
      expect(await webhookEndpoints.disable(job, endpointId, 'answered 410')).toMatchObject({
        status: 'disabled',
        disabledReason: 'answered 410',
      });
      await webhookEndpoints.disable(job, endpointId, 'again');
      expect(await webhookEndpoints.enable(OPERATOR, endpointId)).toMatchObject({
        status: 'active',
        disabledReason: null,
      });
    });
    expect(entries.map((entry) => [entry.type, entry.actor.id])).toEqual([
      ['webhook_endpoint.disabled', 'deliver-webhooks'],
      ['webhook_endpoint.enabled', 'olga'],
    ]);
    expect(await refusalOf(webhookEndpoints.enable(OPERATOR, 'whe_none'))).toMatchObject({
      code: 'not_found',
    });
  });

  it('go outside over https only, unless configured otherwise', async () => {
    const cases: [string, string][] = [
      ['not a url', 'invalid_url'],
      ['http://example.com/', 'url_not_https'],
      ['ftp://example.com/', 'url_not_https'],
      ['https://user:pass@example.com/', 'url_credentials'],
      ['https://example.com/#part', 'invalid_url'],
      ['https://localhost/', 'url_private'],
      ['https://127.0.0.1/', 'url_private'],
      ['https://2130706433/', 'url_private'],
      ['https://0x7f.1/', 'url_private'],
      ['https://[::1]/', 'url_private'],
      ['https://[::ffff:10.0.0.1]/', 'url_private'],
      ['https://169.254.169.254/latest', 'url_private'],
      ['https://db.internal/', 'url_private'],
      ['https://intranet/', 'url_private'],
      [`https://example.com/${'x'.repeat(2_048)}`, 'text_too_long'],
    ];
    for (const [url, code] of cases) {
      expect(await refusalOf(test.admin.webhookEndpoints.create(OPERATOR, { url })), url).toEqual({
        code: 'invalid',
        field: '/url',
        faults: [code],
      });
    }
    const open = createAdmin({ ...test.context, allowPrivateWebhooks: true }).webhookEndpoints;
    expect(await open.create(OPERATOR, { url: 'http://127.0.0.1:9000/hook' })).toMatchObject({
      status: 'active',
    });
    expect(await refusalOf(open.create(OPERATOR, { url: 'http://a:b@127.0.0.1/' }))).toMatchObject({
      faults: ['url_credentials'],
    });
  });

  it('subscribe to known events alone', async () => {
    const url = 'https://example.com/';
    for (const name of ['purchase.complete', 'purchase', '.*', 'nothing.*', 'purchase*']) {
      expect(
        await refusalOf(test.admin.webhookEndpoints.create(OPERATOR, { url, events: [name] })),
        name,
      ).toMatchObject({
        field: '/events/0',
      });
    }
    expect(await refusalOf(test.admin.webhookEndpoints.create(OPERATOR, { url, events: [] }))).toMatchObject({
      field: '/events',
    });
    expect(await test.admin.webhookEndpoints.create(OPERATOR, { url, events: ['*'] })).toMatchObject({
      events: null,
    });
  });
});

describe('an event', () => {
  it('is matched by its name or its group', () => {
    expect(isSubscribed(null, 'purchase.completed')).toBe(true);
    expect(isSubscribed(['purchase.*'], 'purchase.completed')).toBe(true);
    expect(isSubscribed(['purchase.completed'], 'purchase.completed')).toBe(true);
    expect(isSubscribed(['purchase.held', 'card.*'], 'purchase.completed')).toBe(false);
    expect(isSubscribed(['card.*'], 'cardinal.seen')).toBe(false);
  });

  it('of this control plane is known', async () => {
    const types = new Set((await entryBodies(test.database.pool)).map((entry) => entry.type));
    for (const type of types) expect(EVENT_TYPES).toContain(type);
  });
});

describe('an address', () => {
  it('is private unless it is one of the public internet', () => {
    for (const address of [
      '10.1.2.3',
      '172.31.0.1',
      '192.168.0.1',
      '100.64.0.1',
      '0.0.0.0',
      '255.255.255.255',
      '::',
      '::1',
    ]) {
      expect(isPrivateAddress(address), address).toBe(true);
    }
    for (const address of [
      'fe80::1',
      'fd00::1',
      '::ffff:192.168.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
      'ff02::1',
      'host',
    ]) {
      expect(isPrivateAddress(address), address).toBe(true);
    }
    for (const address of ['93.184.216.34', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111']) {
      expect(isPrivateAddress(address), address).toBe(false);
    }
  });
});
