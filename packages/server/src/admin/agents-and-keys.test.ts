import { verifyCommitment } from '@countersign/audit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createTestAdmin,
  dumpOfEverything,
  entryBodies,
  OPERATOR,
  refusalOf,
  type TestAdmin,
} from '../../../../tests/harness/test-admin.ts';
import { hashApiKey, parseApiKey } from './api-key.ts';
import { BOOTSTRAP_OPERATOR_ID, ensureBootstrapOperator } from './bootstrap-operator.ts';

const BODY_HASH = Buffer.alloc(32, 1);

let test: TestAdmin;
beforeAll(async () => {
  test = await createTestAdmin();
});
afterAll(() => test.close());

describe('agents', () => {
  it('each change leaves one entry with its difference, and raises the version', async () => {
    const { agents } = test.admin;
    const before = await test.version();
    const entries = await test.entriesOf(async () => {
      await agents.create(OPERATOR, {
        agentId: 'agent_1',
        name: 'Ann Agent',
        team: 'ops',
        owner: 'ann@example.com',
      });
      await agents.update(OPERATOR, 'agent_1', { team: 'infra', owner: 'ann' });
      await agents.suspend(OPERATOR, 'agent_1', 'Bought a boat for Bob');
      await agents.resume(OPERATOR, 'agent_1');
    });
    expect(entries.map((entry) => entry.type)).toEqual([
      'agent.created',
      'agent.updated',
      'agent.suspended',
      'agent.resumed',
    ]);
    expect(await test.version()).toBe(before + 4n);
    const [created, updated, suspended, resumed] = entries;
    expect(created!.changes).toMatchObject({
      team: { before: null, after: 'ops' },
      status: { before: null, after: 'active' },
    });
    expect(created!.actor).toMatchObject({ kind: 'principal', id: 'olga' });
    // The address becomes an id: the former as the commitment that stood in the first entry.
    expect(updated!.changes).toEqual({
      owner: { before: created!.changes['owner']!.after, after: 'ann' },
      team: { before: 'ops', after: 'infra' },
    });
    expect(suspended!.changes['status']).toEqual({ before: 'active', after: 'suspended' });
    expect(Object.keys(suspended!.changes['reason']!.after as object)).toEqual(['commitment']);
    expect(resumed!.changes).toEqual({ status: { before: 'suspended', after: 'active' } });

    const { rows } = await test.database.pool.query('SELECT entry_id FROM agent WHERE agent_id = $1', [
      'agent_1',
    ]);
    expect(Number(rows[0].entry_id)).toBe(resumed!.entry_id);
    const log = JSON.stringify(await entryBodies(test.database.pool));
    for (const text of ['Ann', 'ann@example.com', 'boat']) expect(log).not.toContain(text);
  });

  it('keeps each text with the salt of the commitment in the log', async () => {
    const [entry] = await test.entriesOf(() =>
      test.admin.agents.create(OPERATOR, { agentId: 'agent_texts', name: 'Secret Name' }),
    );
    const { rows } = await test.database.pool.query(
      'SELECT field, text, salt FROM configuration_text WHERE entry_id = $1',
      [entry!.entry_id],
    );
    expect(rows).toMatchObject([{ field: 'agent.name', text: 'Secret Name' }]);
    const { commitment } = entry!.changes['name']!.after as { commitment: string };
    expect(verifyCommitment(commitment, rows[0].text, rows[0].salt)).toBe(true);
  });

  it('writes nothing where nothing changes', async () => {
    await test.admin.agents.create(OPERATOR, { agentId: 'agent_same', name: 'Same', team: 'ops' });
    const before = await test.version();
    const entries = await test.entriesOf(async () => {
      await test.admin.agents.resume(OPERATOR, 'agent_same');
      await test.admin.agents.update(OPERATOR, 'agent_same', { team: 'ops', name: 'Same' });
    });
    expect(entries).toEqual([]);
    expect(await test.version()).toBe(before);
  });

  it('refuses used ids, stray defaults and unknown references, and records none of it', async () => {
    const { agents, principals } = test.admin;
    await agents.create(OPERATOR, { agentId: 'agent_taken', name: 'Taken' });
    await principals.create(OPERATOR, { principalId: 'paul', name: 'Paul', roles: ['auditor'] });
    const input = { agentId: 'agent_new', name: 'New' };
    const entries = await test.entriesOf(async () => {
      expect(await refusalOf(agents.create(OPERATOR, { ...input, agentId: 'agent_taken' }))).toMatchObject({
        code: 'already_exists',
        field: '/agent_id',
      });
      expect(await refusalOf(agents.create(OPERATOR, { ...input, agentId: 'paul' }))).toMatchObject({
        code: 'already_exists',
      });
      for (const agentId of ['', 'a b', 'a/b', 'é', 'x'.repeat(65)]) {
        expect(await refusalOf(agents.create(OPERATOR, { ...input, agentId }))).toMatchObject({
          field: '/agent_id',
        });
      }
      for (const name of ['', '  ', 'a\u0000b', 'a\ud800', 'line\nbreak', 'x'.repeat(201)]) {
        expect(await refusalOf(agents.create(OPERATOR, { ...input, name }))).toMatchObject({
          field: '/name',
        });
      }
      const bindings = { costCenters: ['platform'], defaultCostCenter: 'sales' };
      expect(await refusalOf(agents.create(OPERATOR, { ...input, bindings }))).toEqual({
        code: 'invalid',
        field: '/bindings/default_cost_center',
        faults: ['default_not_bound'],
      });
      expect(
        await refusalOf(agents.create(OPERATOR, { ...input, bindings: { policies: ['pol_nowhere'] } })),
      ).toMatchObject({ code: 'invalid', faults: ['unknown_policy'] });
      expect(await refusalOf(agents.create(OPERATOR, { ...input, entityId: 'nowhere' }))).toMatchObject({
        field: '/entity_id',
      });
      expect(await refusalOf(agents.suspend(OPERATOR, 'agent_nowhere'))).toMatchObject({ code: 'not_found' });
    });
    expect(entries).toEqual([]);
    expect(await refusalOf(test.admin.agents.get('agent_new'))).toMatchObject({ code: 'not_found' });
  });

  it('keeps bindings as they were given', async () => {
    const bindings = {
      costCenters: ['platform', 'Fire Services'],
      defaultCostCenter: 'platform',
      defaultProject: 'p1',
    };
    await test.admin.agents.create(OPERATOR, { agentId: 'agent_bound', name: 'Bound', bindings });
    expect((await test.admin.agents.get('agent_bound')).bindings).toEqual(bindings);
  });

  it('lists page by page, each once, in order', async () => {
    const own = await createTestAdmin();
    try {
      const ids = ['b', 'A', 'a.1', 'a-1', 'C', 'a_1', 'Z9'];
      for (const agentId of ids)
        await own.admin.agents.create(OPERATOR, { agentId, name: agentId, team: 'ops' });
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: { limit: number; cursor?: string } = {
          limit: 3,
          ...(cursor === null ? {} : { cursor }),
        };
        const page = await own.admin.agents.list({ ...query, team: 'ops' });
        expect(page.items.length).toBeLessThanOrEqual(3);
        seen.push(...page.items.map((agent) => agent.agentId));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual([...ids].sort());
      expect((await own.admin.agents.list({ team: 'other' })).items).toEqual([]);
      expect((await own.admin.agents.list({ limit: 7 })).nextCursor).toBeNull();
      for (const bad of [
        '',
        '!',
        'AAAA====',
        Buffer.from('a\u0000').toString('base64url'),
        'x'.repeat(400),
      ]) {
        expect(await refusalOf(own.admin.agents.list({ cursor: bad }))).toMatchObject({ field: '/cursor' });
      }
      expect(await refusalOf(own.admin.agents.list({ limit: 201 }))).toMatchObject({ field: '/limit' });
    } finally {
      await own.close();
    }
  });
});

describe('an idempotency key', () => {
  it('replays the answer and changes nothing again', async () => {
    const options = { idempotency: { key: 'idem-1', bodyHash: BODY_HASH } };
    let replays = 0;
    const onReplay = (): void => {
      replays += 1;
    };
    const input = { agentId: 'agent_idem', name: 'Idem' };
    const first = await test.admin.agents.create(OPERATOR, input, { ...options, onReplay });
    expect(replays).toBe(0);
    const entries = await test.entriesOf(async () => {
      expect(await test.admin.agents.create(OPERATOR, input, { ...options, onReplay })).toEqual(first);
      const other = { idempotency: { key: 'idem-1', bodyHash: Buffer.alloc(32, 2) } };
      expect(await refusalOf(test.admin.agents.create(OPERATOR, input, other))).toMatchObject({
        code: 'idempotency_key_reused',
      });
    });
    expect(entries).toEqual([]);
    expect(replays).toBe(1);
  });

  it('never stores a secret: the answer that held one is not repeated', async () => {
    const options = { idempotency: { key: 'idem-2', bodyHash: BODY_HASH } };
    const { keyId } = await test.admin.keys.create(OPERATOR, { agentId: 'agent_idem' }, options);
    expect(
      await refusalOf(test.admin.keys.create(OPERATOR, { agentId: 'agent_idem' }, options)),
    ).toMatchObject({
      code: 'secret_already_shown',
    });
    const { items } = await test.admin.keys.list({ agentId: 'agent_idem' });
    expect(items.map((key) => key.keyId)).toEqual([keyId]);
  });
});

describe('keys', () => {
  it('are shown once, stored as a hash, and are nowhere else', async () => {
    const { agents, keys, principals, webhookEndpoints } = test.admin;
    await agents.create(OPERATOR, { agentId: 'agent_keys', name: 'Keys' });
    await principals.create(OPERATOR, { principalId: 'anna', name: 'Anna', roles: ['approver'] });
    const options = { idempotency: { key: 'idem-keys', bodyHash: BODY_HASH } };
    const created = await keys.create(OPERATOR, { agentId: 'agent_keys' }, options);
    const rotated = await keys.rotate(OPERATOR, created.keyId, { overlapSeconds: 60 }, options);
    const approver = await keys.create(OPERATOR, { principalId: 'anna', role: 'approver' }, options);
    const endpoint = await webhookEndpoints.create(
      OPERATOR,
      { url: 'https://example.com/hooks/t0ken' },
      options,
    );
    const secret = await webhookEndpoints.rotateSecret(OPERATOR, endpoint.endpointId, options);

    expect(parseApiKey(created.apiKey)).toEqual({ ok: true, kind: 'agent' });
    expect(parseApiKey(approver.apiKey)).toEqual({ ok: true, kind: 'appr' });
    const everything = await dumpOfEverything(test.database.pool, ['webhook_endpoint']);
    for (const one of [created.apiKey, rotated.apiKey, approver.apiKey]) {
      expect(everything).not.toContain(one);
      expect(everything).not.toContain(one.slice(9, -8)); // more of it than the hint shows
    }
    for (const one of [endpoint.secret, secret.secret]) expect(everything).not.toContain(one.slice(6));
    const log = JSON.stringify(await entryBodies(test.database.pool));
    for (const one of [created.apiKey, rotated.apiKey]) {
      expect(log).not.toContain(one.slice(0, 12));
      expect(log).not.toContain(hashApiKey(one).toString('hex'));
      expect(log).not.toContain(hashApiKey(one).toString('base64'));
    }
    expect(log).not.toContain('t0ken');
    const { rows } = await test.database.pool.query('SELECT key_hash FROM api_key WHERE key_id = $1', [
      created.keyId,
    ]);
    expect(rows[0].key_hash).toEqual(hashApiKey(created.apiKey));
  });

  it('rotates with an overlap that ends, and never longer than was said', async () => {
    const { agents, keys } = test.admin;
    await agents.create(OPERATOR, { agentId: 'agent_rotate', name: 'Rotate' });
    const first = await keys.create(OPERATOR, { agentId: 'agent_rotate' });
    const entries = await test.entriesOf(() => keys.rotate(OPERATOR, first.keyId, { overlapSeconds: 60 }));
    expect(entries.map((entry) => [entry.type, entry.subject_id])).toEqual([['key.rotated', first.keyId]]);
    const expiresAt = new Date(test.clock.nowMs + 60_000).toISOString();
    expect(await keys.get(first.keyId)).toMatchObject({ status: 'active', expiresAt, revokedAt: null });

    await keys.rotate(OPERATOR, first.keyId, { overlapSeconds: 86_400 });
    expect((await keys.get(first.keyId)).expiresAt).toBe(expiresAt);
    const startMs = test.clock.nowMs;
    test.clock.nowMs = startMs + 60_000;
    try {
      expect((await keys.get(first.keyId)).status).toBe('expired');
      expect(await refusalOf(keys.rotate(OPERATOR, first.keyId))).toMatchObject({ code: 'conflict' });
    } finally {
      test.clock.nowMs = startMs;
    }
    for (const overlapSeconds of [-1, 1.5, 86_401, Number.NaN]) {
      expect(await refusalOf(keys.rotate(OPERATOR, first.keyId, { overlapSeconds }))).toMatchObject({
        field: '/overlap_seconds',
      });
    }
  });

  it('rotates and revokes at once, each with its entry', async () => {
    const { agents, keys } = test.admin;
    await agents.create(OPERATOR, { agentId: 'agent_revoke', name: 'Revoke' });
    const first = await keys.create(OPERATOR, { agentId: 'agent_revoke' });
    const second = await keys.rotate(OPERATOR, first.keyId);
    expect(second).toMatchObject({ replacedKeyId: first.keyId, replacedExpiresAt: null });
    expect((await keys.get(first.keyId)).status).toBe('revoked');
    const entries = await test.entriesOf(async () => {
      expect((await keys.revoke(OPERATOR, second.keyId)).status).toBe('revoked');
      await keys.revoke(OPERATOR, second.keyId);
    });
    expect(entries.map((entry) => [entry.type, entry['agent_id']])).toEqual([
      ['key.revoked', 'agent_revoke'],
    ]);
    const { items } = await keys.list({ agentId: 'agent_revoke' });
    expect(items.map((key) => key.status)).toEqual(['revoked', 'revoked']);
    expect(Object.keys(items[0]!)).not.toContain('apiKey');
    expect(await refusalOf(keys.create(OPERATOR, { agentId: 'agent_nowhere' }))).toMatchObject({
      code: 'not_found',
    });
  });
});

describe('principals', () => {
  it('are one for one person', async () => {
    const { principals, keys } = test.admin;
    await principals.create(OPERATOR, {
      principalId: 'ruth',
      name: 'Ruth',
      email: 'Ruth@Example.com',
      roles: ['approver'],
    });
    expect(
      await refusalOf(
        principals.create(OPERATOR, {
          principalId: 'ruth2',
          name: 'R',
          email: 'rUTH@example.COM',
          roles: ['operator'],
        }),
      ),
    ).toMatchObject({ code: 'email_taken', field: '/email' });
    const [entry] = await test.entriesOf(() => principals.addRole(OPERATOR, 'ruth', 'auditor'));
    expect(entry!.changes).toEqual({ roles: { before: ['approver'], after: ['approver', 'auditor'] } });
    expect(await test.entriesOf(() => principals.addRole(OPERATOR, 'ruth', 'auditor'))).toEqual([]);
    expect(await principals.get('ruth', 'auditor')).toMatchObject({ roles: ['approver', 'auditor'] });
    expect(await refusalOf(principals.get('ruth', 'operator'))).toMatchObject({ code: 'not_found' });
    expect((await principals.list({ role: 'auditor' })).items.map((item) => item.principalId)).toContain(
      'ruth',
    );

    const log = JSON.stringify(await entryBodies(test.database.pool));
    expect(log.toLowerCase()).not.toContain('ruth@example.com');

    const disabled = await test.entriesOf(() => principals.disable(OPERATOR, 'ruth', 'left'));
    expect(disabled.map((one) => one.type)).toEqual(['principal.disabled']);
    expect(await refusalOf(keys.create(OPERATOR, { principalId: 'ruth' }))).toMatchObject({
      code: 'conflict',
    });
    expect(await refusalOf(principals.addRole(OPERATOR, 'ruth', 'operator'))).toMatchObject({
      code: 'conflict',
    });
    expect(
      await refusalOf(
        principals.create(OPERATOR, {
          principalId: 'ruth3',
          name: 'R',
          email: 'ruth@example.com',
          roles: ['auditor'],
        }),
      ),
    ).toMatchObject({ code: 'email_taken' });
  });

  it('are refused without a known role or a readable address', async () => {
    const { principals } = test.admin;
    const input = { principalId: 'nobody', name: 'Nobody', roles: ['approver'] as const };
    expect(await refusalOf(principals.create(OPERATOR, { ...input, roles: [] }))).toMatchObject({
      field: '/roles',
    });
    expect(
      await refusalOf(principals.create(OPERATOR, { ...input, roles: ['root' as 'operator'] })),
    ).toMatchObject({
      field: '/roles',
    });
    for (const email of ['nobody', 'a@b@c', 'a b@c', '<a@b>']) {
      expect(await refusalOf(principals.create(OPERATOR, { ...input, email }))).toMatchObject({
        field: '/email',
      });
    }
  });
});

describe('the bootstrap operator', () => {
  it('gets a generated key once, then the given one, which replaces what was before', async () => {
    const own = await createTestAdmin();
    try {
      const { admin, context } = own;
      const unusable = [
        'x'.repeat(31),
        'x'.repeat(513),
        `${'x'.repeat(40)}\n`,
        ` ${'x'.repeat(40)}`,
        'ü'.repeat(40),
      ];
      for (const key of unusable) {
        expect(await refusalOf(ensureBootstrapOperator(context, key))).toMatchObject({ code: 'invalid' });
      }

      let generatedKey: string | undefined;
      const first = await own.entriesOf(async () => {
        ({ generatedKey } = await ensureBootstrapOperator(context, undefined));
      });
      expect(first.map((entry) => entry.type)).toEqual(['principal.created', 'key.created']);
      expect(parseApiKey(generatedKey!)).toEqual({ ok: true, kind: 'op' });
      expect(await admin.principals.get(BOOTSTRAP_OPERATOR_ID)).toMatchObject({
        kind: 'service',
        roles: ['operator'],
      });

      expect(await own.entriesOf(() => ensureBootstrapOperator(context, undefined))).toEqual([]);
      expect(await ensureBootstrapOperator(context, undefined)).toEqual({});

      const keyA = 'first given key, thirty-two chars';
      const keyB = 'second given key: 36 characters long';
      const replaced = await own.entriesOf(() => ensureBootstrapOperator(context, keyA));
      expect(replaced.map((entry) => entry.type)).toEqual(['key.revoked', 'key.created']);
      expect(await own.entriesOf(() => ensureBootstrapOperator(context, keyA))).toEqual([]);
      await ensureBootstrapOperator(context, keyB);
      const { items } = await admin.keys.list({ principalId: BOOTSTRAP_OPERATOR_ID });
      expect(items.map((key) => key.status)).toEqual(['revoked', 'revoked', 'active']);
      expect(await refusalOf(ensureBootstrapOperator(context, keyA))).toMatchObject({ code: 'conflict' });

      const everything = await dumpOfEverything(own.database.pool);
      for (const key of [generatedKey!, keyA, keyB]) expect(everything).not.toContain(key.slice(9, -8));

      expect(await refusalOf(admin.principals.disable(OPERATOR, BOOTSTRAP_OPERATOR_ID))).toMatchObject({
        code: 'conflict',
      });
      await admin.principals.create(OPERATOR, { principalId: 'olga', name: 'Olga', roles: ['operator'] });
      await admin.principals.disable(OPERATOR, BOOTSTRAP_OPERATOR_ID);
      expect(await ensureBootstrapOperator(context, keyB)).toEqual({});
      expect(
        await refusalOf(ensureBootstrapOperator(context, 'another key, also long enough here')),
      ).toMatchObject({
        code: 'conflict',
      });
    } finally {
      await own.close();
    }
  });
});
