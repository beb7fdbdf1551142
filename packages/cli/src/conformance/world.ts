// conformance/world.ts: the people, agents, budgets, policies and matrix rows of one run, all under one prefix, and their end.
// Nothing else of the installation is touched but the authority matrix, through matrix-guard.ts.
import { randomBytes } from 'node:crypto';

import { CommandFailure } from '../failure.ts';
import type { Exchange, Json } from './evidence.ts';
import { textAt, valueAt } from './expectation.ts';
import { MatrixGuard, type MatrixRow, type MatrixTier } from './matrix-guard.ts';
import type { RecordingClient } from './recording-client.ts';
import type { Scene } from './scene.ts';

export interface World {
  readonly prefix: string;
  readonly client: RecordingClient;
  readonly full: boolean;
  /** The matrix has the rows of this run. Without it what needs one is not tested. */
  readonly hasMatrix: boolean;
  readonly matrix: MatrixGuard;
  /** Budgets of the whole organisation cover the run's purchases too. */
  readonly sharedBudgets: boolean;
  /** An id of this run. */
  readonly id: (name: string) => string;
}

/** Agents and what they are bound to: each test has its own, so that none sees what another did. */
const AGENTS = {
  facilities: { entity: 'council', role: 'buyer', owner: 'owen' },
  berliner: { entity: 'berlin', role: 'buyer', owner: null },
  stranger: { entity: 'council', role: null, owner: null },
  marketing: { entity: 'council', role: null, owner: null },
  housing: { entity: 'council', role: null, owner: 'owen' },
  purchaser: { entity: 'council', role: null, owner: null },
  careful: { entity: 'council', role: null, owner: null },
  watched: { entity: 'council', role: null, owner: 'owen' },
} as const;

/** Owen owns agents and is an approver: he may not sign for what is his. */
const APPROVERS = ['anna', 'ben', 'cara', 'dora', 'owen'] as const;

const gbp = (amount: string): Json => ({ amount, currency: 'GBP' });

export interface WorldOptions {
  readonly client: RecordingClient;
  readonly full: boolean;
  /** Publish a matrix though none is in force. */
  readonly firstMatrix: boolean;
  /** Go on though organisation-wide budgets see the run's purchases until they are cancelled. */
  readonly sharedBudgets: boolean;
}

function newPrefix(): string {
  return `cf_${randomBytes(4).toString('hex')}`;
}

/** The world before anything is set up: it reads the matrix alone. */
export async function openWorld(
  scene: (world: World) => Scene,
  { client, full, sharedBudgets }: WorldOptions,
): Promise<{ world: World; scene: Scene }> {
  const prefix = newPrefix();
  const id = (name: string): string => `${prefix}_${name}`;
  const parts: { matrix: MatrixGuard | null } = { matrix: null };
  const world: World = {
    prefix,
    client,
    full,
    sharedBudgets,
    id,
    get hasMatrix() {
      return parts.matrix?.isPublished === true;
    },
    get matrix() {
      if (parts.matrix === null) throw new Error('the matrix has not been read');
      return parts.matrix;
    },
  };
  const opened = scene(world);
  await refuseUnlessOperator(opened);
  parts.matrix = await MatrixGuard.open(opened, { prefix, shieldApprover: () => id('anna') });
  return { world, scene: opened };
}

async function refuseUnlessOperator(scene: Scene): Promise<void> {
  const who = await scene.call('operator', 'GET', '/v1/whoami');
  const roles = valueAt(who, '/received/roles');
  if (who.status !== 200) throw new CommandFailure(`the gateway does not know the key (${who.status})`);
  if (!Array.isArray(roles) || !roles.includes('operator'))
    throw new CommandFailure("the key is not an operator's: give one in COUNTERSIGN_OPERATOR_KEY");
}

export async function setUpWorld(scene: Scene, options: WorldOptions): Promise<void> {
  await refuseSharedBudgets(scene, options.sharedBudgets);
  await setUpEntities(scene);
  await setUpPeople(scene);
  await setUpRules(scene);
  const { matrix } = scene.world;
  if (matrix.versionBefore !== null || options.firstMatrix) {
    await matrix.publish(scene, { rows: rowsOf(scene.world), tiers: tiersOf(scene.world) });
  }
  await refuseIfStopped(scene);
}

/** A budget that covers every purchase covers those of the run too, until they are cancelled at its end. */
async function refuseSharedBudgets(scene: Scene, isAccepted: boolean): Promise<void> {
  for (let cursor = ''; ;) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await scene.call('operator', 'GET', `/v1/budgets?status=active&limit=200${query}`);
    const budgets = (valueAt(answer, '/received/data') ?? []) as readonly {
      budget_id: string;
      scope: Json;
    }[]; // the contract's
    const shared = budgets.filter(({ scope }) =>
      (Array.isArray(scope) ? scope : [scope]).every(
        (each: Json) => (each as { type?: Json }).type === 'organisation',
      ),
    );
    if (shared.length > 0 && !isAccepted) {
      throw new CommandFailure(
        `the budget \`${shared[0]?.budget_id ?? ''}\` covers the whole organisation, so the run’s purchases would be set aside in it until they are cancelled at its end: run with --shared-budgets if that is acceptable`,
      );
    }
    const next = valueAt(answer, '/received/next_cursor');
    if (typeof next !== 'string') return;
    cursor = next;
  }
}

async function setUpEntities(scene: Scene): Promise<void> {
  const { id } = scene.world;
  await scene.change('POST', '/v1/entities', {
    entity_id: id('council'),
    name: `Conformance run ${scene.world.prefix}`,
    country: 'GB',
    base_currency: 'GBP',
    time_zone: 'Europe/London',
  });
  await scene.change('POST', '/v1/entities', {
    entity_id: id('berlin'),
    name: `Conformance run ${scene.world.prefix}, Berlin`,
    country: 'DE',
    base_currency: 'GBP',
    time_zone: 'Europe/Berlin',
  });
}

async function setUpPeople(scene: Scene): Promise<void> {
  const { id, client } = scene.world;
  const keyFor = async (actor: string, path: string): Promise<void> => {
    await scene.change('POST', `${path}/${id(actor)}/keys`);
    client.keepLastKey(actor);
  };
  for (const [name, { entity, role, owner }] of Object.entries(AGENTS)) {
    await scene.change('POST', '/v1/agents', {
      agent_id: id(name),
      name: `Conformance run: ${name}`,
      team: id('team'),
      entity_id: id(entity),
      ...(role === null ? {} : { role: id(role) }),
      ...(owner === null ? {} : { owner: id(owner) }),
    });
    await keyFor(name, '/v1/agents');
  }
  for (const name of APPROVERS) {
    await scene.change('POST', '/v1/approvers', {
      approver_id: id(name),
      name: `Conformance run: ${name}`,
    });
    await keyFor(name, '/v1/approvers');
  }
  for (const [role, name] of [
    ['budget_owner', 'bob'],
    ['budget_owner', 'other'],
    ['auditor', 'audrey'],
  ] as const) {
    const path = `/v1/${role.replace('_', '-')}s`;
    await scene.change('POST', path, { [`${role}_id`]: id(name), name: `Conformance run: ${name}` });
    await keyFor(name, path);
  }
}

async function setUpRules(scene: Scene): Promise<void> {
  const { id } = scene.world;
  await scene.change('POST', '/v1/policies', {
    policy_id: id('open'),
    name: 'Conformance run',
    rules: [
      { rule_id: 'ceiling', rule_type: 'max_amount', parameters: { limit: '2000000.00', currency: 'GBP' } },
    ],
  });
  for (const name of Object.keys(AGENTS)) {
    if (name === 'stranger' || name === 'marketing') continue; // theirs are those of a case
    await scene.change('POST', '/v1/budgets', {
      budget_id: id(`budget_${name}`),
      name: `Conformance run: ${name}`,
      scope: { type: 'agent', id: id(name) },
      period: 'lifetime',
      currency: 'GBP',
      limit: '50000000.00',
    });
  }
  // Every attempt of the run is held against a sourcing policy.
  await scene.change('PUT', `/v1/sourcing-policies/${id('base')}`, {
    name: 'Conformance run',
    applies_to: { teams: [id('team')] },
    prohibited_suppliers: [id('banned')],
  });
}

function rowsOf({ id }: World): MatrixRow[] {
  const row = (
    rowName: string,
    agent: string,
    category: string,
    limit: string,
    more: object = {},
  ): MatrixRow => ({
    row_id: id(rowName),
    agent_id: id(agent),
    category: category === '*' ? '*' : id(category),
    autonomous_limit: gbp(limit),
    ...more,
  });
  const year = new Date().getUTCFullYear();
  return [
    row('r_supplies', 'facilities', 'supplies', '5000.00'),
    row('r_alone', 'facilities', 'alone', '5000.00'),
    row('r_lapsed', 'facilities', 'lapsed', '5000.00', { valid_until: `${year - 1}-01-01T00:00:00Z` }),
    row('r_future', 'facilities', 'future', '5000.00', { valid_from: `${year + 1}-01-01T00:00:00Z` }),
    row('r_unrated', 'careful', 'unrated', '5000.00'),
    row('r_marketing', 'marketing', '*', '2000.00'),
    row('r_roofs', 'housing', 'roofs', '25000.00'),
    row('r_works', 'housing', 'works', '1000000.00'),
    row('r_purchaser', 'purchaser', '*', '1000000.00'),
    row('r_careful', 'careful', '*', '100000.00'),
    row('r_watched', 'watched', '*', '100000.00'),
    row('r_watched_supplies', 'watched', 'supplies', '5000.00'),
    row('r_berlin', 'berliner', '*', '1000000.00'),
    {
      row_id: id('r_regional_gb'),
      role: id('buyer'),
      category: id('regional'),
      jurisdiction: 'GB',
      autonomous_limit: gbp('5000.00'),
    },
    {
      row_id: id('r_regional_de'),
      agent_id: id('berliner'),
      category: id('regional'),
      jurisdiction: 'DE',
      autonomous_limit: gbp('1000.00'),
    },
  ];
}

function tiersOf({ id }: World): MatrixTier[] {
  const tier = (
    name: string,
    category: string,
    limit: string,
    approvers: string[],
    quorum = 1,
  ): MatrixTier => ({
    tier: id(name),
    category: id(category),
    limit: gbp(limit),
    approvers: approvers.map(id),
    quorum,
  });
  return [
    tier('manager', 'supplies', '20000.00', ['anna', 'owen']),
    tier('board', 'supplies', '70000.00', ['anna', 'ben', 'cara'], 2),
    tier('procurement', 'roofs', '100000.00', ['anna', 'ben']),
    tier('regional', 'regional', '20000.00', ['anna']),
    tier('owner', 'alone', '20000.00', ['owen']),
    tier('unrated', 'unrated', '20000.00', ['anna']),
  ];
}

/** Rules of the whole organisation hold for the run's agents too; what they stop cannot be tested. */
async function refuseIfStopped(scene: Scene): Promise<void> {
  const purchase = await scene.buy('purchaser', { vendor: scene.fresh('probe'), amount: '1.00' });
  if (valueAt(purchase.answer, '/received/status') === 'approved') return;
  const message = textAt(purchase.answer, '/received/decision/message');
  throw new CommandFailure(
    `rules of the whole organisation stop the run’s own agents, so nothing can be tested: ${message}`,
  );
}

/** Puts back and ends what the run set up; goes on past whatever fails. @returns what it did, in sentences */
export async function endWorld(scene: Scene): Promise<string[]> {
  const { world } = scene;
  const said: string[] = [];
  const attempt = async (what: string, work: () => Promise<string | undefined>): Promise<void> => {
    try {
      const sentence = await work();
      if (sentence !== undefined) said.push(sentence);
    } catch (error) {
      said.push(`NOT DONE: ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  await attempt('putting the authority matrix back', () => world.matrix.restore(scene));
  let cancelled = 0;
  for (const name of Object.keys(AGENTS)) {
    await attempt(`cancelling the purchases of ${name}`, async () => {
      cancelled += await cancelAll(scene, name);
    });
    await attempt(`closing the budget of ${name}`, async () => {
      if (name !== 'stranger' && name !== 'marketing')
        await scene.call('operator', 'POST', `/v1/budgets/${world.id(`budget_${name}`)}/close`);
    });
    await attempt(`suspending ${name}`, async () => {
      await scene.call('operator', 'POST', `/v1/agents/${world.id(name)}/suspend`, {
        reason: 'The conformance run is over.',
      });
    });
  }
  for (const name of [...APPROVERS, 'bob', 'other', 'audrey']) {
    await attempt(`disabling ${name}`, async () => {
      await scene.call('operator', 'POST', `/v1/principals/${world.id(name)}/disable`, {
        reason: 'The conformance run is over.',
      });
    });
  }
  said.push(
    `${cancelled} purchases of the run were cancelled; its agents are suspended, its people disabled, its main budgets closed. Everything of it is named ${world.prefix}_*.`,
  );
  return said;
}

async function cancelAll(scene: Scene, name: string): Promise<number> {
  let count = 0;
  for (const status of ['approved', 'held']) {
    for (;;) {
      const path = `/v1/procurement/requests?agent_id=${scene.world.id(name)}&status=${status}&limit=200`;
      const ids = idsOf(await scene.call('operator', 'GET', path));
      let ended = 0;
      for (const requestId of ids) {
        const answer = await scene.call(
          'operator',
          'POST',
          `/v1/procurement/requests/${requestId}/cancel`,
          {},
        );
        if (answer.status === 200) ended += 1;
      }
      count += ended;
      // What is charged cannot be cancelled, and would be listed again.
      if (ids.length < 200 || ended === 0) break;
    }
  }
  return count;
}

function idsOf(answer: Exchange): string[] {
  const data = valueAt(answer, '/received/data');
  if (!Array.isArray(data)) return [];
  return data.map((each) => (each as { request_id: string }).request_id); // the contract's
}
