import { randomBytes } from 'node:crypto';

import fc from 'fast-check';
import { AUTHORIZATION_LAPSES_AFTER_MS, type ChargedAmount, type Merchant } from '@countersign/core';
import { describe, expect, it } from 'vitest';

import type { GateAnswer, GateRequest } from '../../packages/server/src/gate/command.ts';
import { recomputeDecisions } from '../../packages/server/src/gate/recompute-decisions.ts';
import { cardIdOf } from '../../packages/server/src/ids.ts';
import type { Gateway } from '../../packages/server/src/main.ts';
import {
  type Installation,
  createInstallation,
  ledgerFaults,
  recordFaults,
  requestOf,
} from '../harness/installation.ts';
import { OPERATOR } from '../harness/test-admin.ts';
import { NETWORK_CALLER } from '../harness/test-gate.ts';
import { AGENTS, OWNER, PEOPLE, type RandomCommand, concrete, randomCommand } from './random-commands.ts';
import { type ModelCommand, type ModelPolicy, ReferenceModel, quorumOf } from './reference-model.ts';

// Batches of random commands go through two gateways at once. Afterwards the reference model is given the same commands
// in the order of their log entries: if the outcome of that one order is not what the database holds, something that
// should have been atomic was not.

const HOUR_MS = 3_600_000;
const BATCHES = 12;
const COMMANDS_PER_BATCH = 14;
const RUNS = 6;
const START_LIMITS = { all: 900n, of_a: 500n } as const;
const FIRST_POLICY: ModelPolicy = {
  maxMinor: 1_000n,
  holdAbove: { r_hold_1: 80n, r_hold_2: 120n },
  duplicateWindowMs: 30 * 60_000,
};

/** A request that was never held has no approval at all. */
const CODE_OF_MODEL: Readonly<Record<string, string>> = { approval_not_found: 'approval_not_pending' };

interface Issued {
  readonly command: ModelCommand;
  readonly answer: GateAnswer | null;
  /** null: refused, so it has no place in the order. */
  readonly entryId: bigint | null;
}

/** In euro, at a rate of 1: all that moves in dollars moves there too, by way of the frozen rates. */
const ABROAD = 'abroad';
const ABROAD_LIMIT = 10n ** 12n;

class Simulation {
  readonly installation: Installation;
  readonly gateways: readonly Gateway[];
  readonly model: ReferenceModel;
  /** Model id -> request id, and authorization ids the same. */
  readonly #ids = new Map<string, string>();
  #made = 0;
  #lastEntryId = 0n;
  readonly seen = new Map<string, number>();

  constructor(installation: Installation, gateways: readonly Gateway[]) {
    this.installation = installation;
    this.gateways = gateways;
    this.model = new ReferenceModel({
      policy: FIRST_POLICY,
      budgets: [
        { id: 'all', agentId: null, limitMinor: START_LIMITS.all },
        { id: 'of_a', agentId: AGENTS[0], limitMinor: START_LIMITS.of_a },
        { id: ABROAD, agentId: null, limitMinor: ABROAD_LIMIT },
        ...AGENTS.map((agentId) => ({ id: `cap:pol:r_cap:${agentId}`, agentId, limitMinor: 600n })),
      ],
      owner: OWNER,
      times: { approvalMs: 24 * HOUR_MS, cardMs: 7 * 24 * HOUR_MS, lapseMs: AUTHORIZATION_LAPSES_AFTER_MS },
    });
  }

  async batch(randoms: readonly RandomCommand[]): Promise<void> {
    this.installation.clock.nowMs += randoms[0]?.waitMs ?? 0;
    const nowMs = this.installation.clock.nowMs;
    const issued = await Promise.all(
      randoms.map((random, index) => this.#issue(random, this.#gateway(index))),
    );
    const configured = await this.#placesOfChanges(issued.flatMap((each) => each ?? []));
    const placed = configured.filter((each) => each.entryId !== null);
    placed.sort((a, b) => ((a.entryId ?? 0n) < (b.entryId ?? 0n) ? -1 : 1));
    const states = [this.model.clone()];
    let entries = 0;
    for (const { command, answer } of placed) {
      const outcome = this.model.apply(command, nowMs);
      expect({ command, outcome }).toMatchObject({ command, outcome: { ok: true } });
      if (outcome.ok) entries += outcome.entries;
      if (command.kind === 'authorize' && answer?.ok === true && outcome.ok) {
        expect(answer.entry.type).toBe(
          outcome.declined ? 'authorization.declined' : 'authorization.approved',
        );
      }
      states.push(this.model.clone());
    }
    for (const { command, answer } of configured.filter((each) => each.entryId === null)) {
      if (answer === null || answer.ok) continue;
      // A refusal changed nothing; it must be right at some moment of the batch.
      const codes = states.map((state) => codeOf(state.clone().apply(command, nowMs)));
      expect(codes, JSON.stringify(command, bigintText)).toContain(CODE_OF_MODEL[answer.code] ?? answer.code);
    }
    await this.#expectSame(entries);
  }

  async #issue(random: RandomCommand, gateway: Gateway): Promise<Issued[] | null> {
    const command = concrete(random, this.model, (prefix) => `${prefix}_${(this.#made += 1)}`);
    if (command === null) return null;
    if (command.kind === 'set_policy') {
      await gateway.admin.policies.publish(OPERATOR, documentOf(command.policy));
      return [{ command, answer: null, entryId: null }];
    }
    if (command.kind === 'set_limit') {
      if (!Object.keys(START_LIMITS).includes(command.budgetId)) return null; // a cap is a rule's
      await gateway.admin.budgets.changeLimit(OPERATOR, command.budgetId, amountOf(command.limitMinor));
      return [{ command, answer: null, entryId: null }];
    }
    if (command.kind === 'set_suspended') {
      const { agents } = gateway.admin;
      if (command.suspended) await agents.suspend(OPERATOR, command.agentId);
      else await agents.resume(OPERATOR, command.agentId);
      return [{ command, answer: null, entryId: null }];
    }
    if (command.kind === 'request' && random.flag) return [await this.#requestWithRetries(command, random)];
    const answer = await gateway.gate.submit(this.#gateRequest(command));
    this.#remember(command, answer);
    return [{ command, answer, entryId: answer.ok ? answer.entry.entryId : null }];
  }

  /** The same key from both gateways at once and again: one decision, equal answers. */
  async #requestWithRetries(
    command: ModelCommand & { kind: 'request' },
    random: RandomCommand,
  ): Promise<Issued> {
    const key = `key_${command.id}_${randomBytes(4).toString('hex')}`;
    const change = { vendor: command.vendor, amountMinor: command.amountMinor, key };
    const request = requestOf(this.installation, command.agentId, change);
    const answers = await Promise.all(
      [0, 1, random.target].map((index) => this.#gateway(index).gate.submit(request)),
    );
    const oks = answers.flatMap((answer) => (answer.ok ? [answer] : []));
    expect(oks).toHaveLength(3);
    expect(oks.filter((answer) => !answer.replayed)).toHaveLength(1);
    const first = oks.find((answer) => !answer.replayed);
    for (const answer of oks) {
      expect(answer.entry.body).toEqual(first?.entry.body);
      expect(answer.entry.promise).toEqual(first?.entry.promise);
    }
    const other = { ...change, amountMinor: command.amountMinor + 1n };
    const reused = await this.#gateway(1).gate.submit(requestOf(this.installation, command.agentId, other));
    expect(reused).toMatchObject({ ok: false, code: 'idempotency_key_reused' });
    if (first === undefined) throw new Error('one of them decided');
    this.#remember(command, first);
    return { command, answer: first, entryId: first.entry.entryId };
  }

  #gateRequest(command: ModelCommand): GateRequest {
    switch (command.kind) {
      case 'request': {
        const { vendor, amountMinor } = command;
        return requestOf(this.installation, command.agentId, { vendor, amountMinor });
      }
      case 'sign':
        return {
          command: {
            kind: 'sign',
            approvalId: this.#approvalOf(command.id),
            authorizationReference: 'REF',
            comment: null,
          },
          caller: this.installation.person(command.person),
        };
      case 'reject':
        return {
          command: { kind: 'reject', approvalId: this.#approvalOf(command.id), reason: 'no' },
          caller: this.installation.person(command.person),
        };
      case 'cancel':
        return {
          command: { kind: 'cancel', requestId: this.#idOf(command.id), reason: null },
          caller: this.installation.callerOf(this.model.purchases.get(command.id)?.agentId ?? ''),
        };
      case 'expire':
        return { command: { kind: 'expire', requestId: this.#idOf(command.id) }, caller: NETWORK_CALLER };
      case 'authorize':
        return {
          command: {
            kind: 'authorize',
            cardId: cardIdOf(this.#idOf(command.id)),
            amountMinor: command.amountMinor,
            currency: command.currency === 'EUR' ? 'EUR' : 'USD',
            merchantAmount: askedAbroad(command.amountMinor),
            merchant: merchant(command.vendor),
          },
          caller: NETWORK_CALLER,
        };
      case 'force_post':
        return {
          command: {
            kind: 'force_post',
            cardId: cardIdOf(this.#idOf(command.id)),
            amountMinor: command.amountMinor,
            currency: 'USD',
            merchantAmount: askedAbroad(command.amountMinor),
            merchant: merchant(command.vendor),
          },
          caller: NETWORK_CALLER,
        };
      case 'capture':
        return {
          command: {
            kind: 'capture',
            authorizationId: this.#idOf(command.authorizationId),
            amountMinor: command.amountMinor,
            currency: 'USD',
            merchantAmount: askedAbroad(command.amountMinor),
            closeAuthorization: command.close,
          },
          caller: NETWORK_CALLER,
        };
      case 'reverse':
      case 'refund':
        return {
          command: {
            kind: command.kind,
            authorizationId: this.#idOf(command.authorizationId),
            amountMinor: command.amountMinor,
          },
          caller: NETWORK_CALLER,
        };
      default:
        throw new Error(`${command.kind} goes through the control plane`);
    }
  }

  #remember(command: ModelCommand, answer: GateAnswer): void {
    const note = `${command.kind}:${answer.ok ? answer.entry.type : answer.code}`;
    this.seen.set(note, (this.seen.get(note) ?? 0) + 1);
    if (!answer.ok) return;
    if (command.kind === 'request') {
      this.#ids.set(command.id, answer.entry.subjectId);
      const approvalId = answer.purchase?.approval?.approvalId;
      if (approvalId !== undefined) this.#ids.set(`apr_${command.id}`, approvalId);
    }
    if (command.kind === 'authorize' || command.kind === 'force_post') {
      this.#ids.set(command.authorizationId, answer.createdId ?? '');
      const approvalId = answer.purchase?.approval?.approvalId;
      if (approvalId !== undefined) this.#ids.set(`apr_${command.id}`, approvalId);
    }
  }

  #approvalOf(id: string): string {
    return this.#ids.get(`apr_${id}`) ?? 'apr_none';
  }

  #idOf(id: string): string {
    return this.#ids.get(id) ?? id;
  }

  /** Where the control plane's changes came in the order of everything. */
  async #placesOfChanges(issued: readonly Issued[]): Promise<Issued[]> {
    const { rows } = await this.#pool.query<{ entry_id: bigint; body: Buffer }>(
      `SELECT entry_id, body FROM log_entry WHERE entry_id > $1 ORDER BY entry_id`,
      [this.#lastEntryId],
    );
    const changes = rows.flatMap(({ entry_id: entryId, body }) => {
      const entry = JSON.parse(body.toString()) as { type: string; subject_id: string };
      return /^(policy|budget\.limit|agent)/.test(entry.type) ? [{ entryId, ...entry }] : [];
    });
    const versions = new Map<string, ModelCommand[]>();
    for (const { command, answer } of issued) {
      if (answer !== null) continue;
      const subject =
        command.kind === 'set_limit'
          ? command.budgetId
          : command.kind === 'set_suspended'
            ? command.agentId
            : 'pol';
      versions.set(subject, [...(versions.get(subject) ?? []), command]);
    }
    // A change that alters nothing has no entry, and changes nothing in the model either; of several to one subject only
    // one is issued in a batch, so each entry has one command.
    const placed = changes.flatMap(({ entryId, subject_id: subject }) => {
      const command = versions.get(subject)?.shift();
      return command === undefined ? [] : [{ command, answer: null, entryId }];
    });
    return [...issued.filter((each) => each.answer !== null), ...placed];
  }

  get #pool(): Gateway['database']['pool'] {
    return this.#gateway(0).database.pool;
  }

  #gateway(index: number): Gateway {
    const gateway = this.gateways[index % this.gateways.length];
    if (gateway === undefined) throw new Error('a simulation has a gateway');
    return gateway;
  }

  async #expectSame(entriesWanted: number): Promise<void> {
    const { rows: entries } = await this.#pool.query<{ entry_id: bigint }>(
      `SELECT entry_id FROM log_entry WHERE entry_id > $1
         AND convert_from(body, 'UTF8')::json ->> 'type' <> 'budget.period_opened' ORDER BY entry_id`,
      [this.#lastEntryId],
    );
    expect(entries).toHaveLength(entriesWanted);
    await this.skipEntries();
    const { rows } = await this.#pool.query<Record<string, unknown>>(
      `SELECT request_id, request.status, checkout_status AS checkout, card.status AS card, reserved_minor AS reserved,
         settled_minor AS settled
       FROM purchase_request AS request LEFT JOIN card ON card_id = 'card' || substr(request_id, 5)`,
    );
    const stored = new Map(rows.map((row) => [row['request_id'], row]));
    for (const [id, wanted] of this.model.purchases) {
      expect(stored.get(this.#idOf(id)), id).toEqual({
        request_id: this.#idOf(id),
        status: wanted.status,
        checkout: wanted.checkout,
        card: wanted.card?.status ?? null,
        reserved: wanted.reservedMinor,
        settled: wanted.settledMinor,
      });
    }
    expect(stored.size).toBe(this.model.purchases.size);
    const balances = await this.#pool.query<Record<string, unknown>>(
      `SELECT budget_id AS id, limit_minor AS limit, pending_minor AS pending, committed_minor AS committed,
         spent_minor AS spent, overrun_minor AS overrun FROM budget_period`,
    );
    for (const row of balances.rows) {
      const id = String(row['id']);
      expect(row).toEqual({
        id,
        limit: this.model.budgets.get(id)?.limitMinor,
        pending: this.model.pendingOf(id),
        committed: this.model.committedOf(id),
        spent: this.model.spentOf(id),
        overrun: this.model.budgets.get(id)?.overrunMinor,
      });
    }
    expect(await ledgerFaults(this.#pool)).toEqual([]);
  }

  async skipEntries(): Promise<void> {
    const { rows } = await this.#pool.query<{ last: bigint }>('SELECT max(entry_id) AS last FROM log_entry');
    this.#lastEntryId = rows[0]?.last ?? 0n;
  }
}

function documentOf(policy: ModelPolicy): object {
  const windowMs = policy.duplicateWindowMs;
  return {
    policy_id: 'pol',
    name: 'pol',
    rules: [
      {
        rule_id: 'r_max',
        rule_type: 'max_amount',
        parameters: { limit: amountOf(policy.maxMinor), currency: 'USD' },
      },
      ...Object.entries(policy.holdAbove).map(([ruleId, above]) => ({
        rule_id: ruleId,
        rule_type: 'escalate_if',
        parameters: { amount_above: amountOf(above), quorum: quorumOf(ruleId) },
      })),
      {
        rule_id: 'r_cap',
        rule_type: 'agent_cap',
        parameters: { limit: '6.00', currency: 'USD', period: 'lifetime' },
      },
      ...(windowMs === null
        ? []
        : [
            {
              rule_id: 'r_dup',
              rule_type: 'duplicate_guard',
              parameters: { window_minutes: windowMs / 60_000 },
            },
          ]),
    ],
  };
}

function amountOf(minor: bigint): string {
  return `${minor / 100n}.${(minor % 100n).toString().padStart(2, '0')}`;
}

/** Some merchants charge in another currency: what is billed is all that the model knows of, and all that moves. */
function askedAbroad(billedMinor: bigint): ChargedAmount | null {
  return billedMinor % 2n === 0n ? null : { amountMinor: billedMinor * 7n, currency: 'GBP' };
}

function merchant(name: string): Merchant {
  return { name, domain: null, merchantId: null, mcc: null, country: null };
}

function codeOf(outcome: ReturnType<ReferenceModel['apply']>): string {
  return outcome.ok ? 'ok' : outcome.code;
}

function bigintText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** Of several changes to one thing in a batch the first is kept: their entries could not be told apart. */
function oneChangeEach(randoms: readonly RandomCommand[]): RandomCommand[] {
  const kinds = new Set<string>();
  return randoms.filter((random) => {
    if (!random.kind.startsWith('set_')) return true;
    const isFirst = !kinds.has(random.kind);
    kinds.add(random.kind);
    return isFirst;
  });
}

async function live(
  batches: readonly (readonly RandomCommand[])[],
  seen: Map<string, number>,
): Promise<void> {
  const installation = await createInstallation({
    agents: AGENTS,
    owner: OWNER,
    people: PEOPLE,
    policy: documentOf(FIRST_POLICY),
    budgets: [
      { budgetId: 'all', limit: amountOf(START_LIMITS.all) },
      { budgetId: 'of_a', agentId: AGENTS[0], limit: amountOf(START_LIMITS.of_a) },
    ],
  });
  try {
    const options = { approvalValidForMs: 24 * HOUR_MS, cardValidForMs: 7 * 24 * HOUR_MS };
    const gateways = await Promise.all([installation.gateway(options), installation.gateway(options)]);
    await openAbroad(gateways);
    const simulation = new Simulation(installation, gateways);
    await simulation.skipEntries();
    for (const randoms of batches) await simulation.batch(oneChangeEach(randoms));
    for (const [note, count] of simulation.seen) seen.set(note, (seen.get(note) ?? 0) + count);
    expect(await recordFaults(gateways[0])).toEqual([]);
    const recomputed = await recomputeDecisions(gateways[0].database.pool);
    expect(recomputed).toMatchObject({ differences: [], otherCore: 0 });
  } finally {
    await installation.close();
  }
}

async function openAbroad(gateways: readonly Gateway[]): Promise<void> {
  const [first] = gateways;
  await first?.admin.exchangeRates.publish(OPERATOR, {
    base: 'USD',
    quote: 'EUR',
    rate: '1',
    date: '2026-01-01',
    source: 'example',
    methodology: 'contract',
    valid_until: '8999-12-31',
  });
  await first?.admin.budgets.create(OPERATOR, {
    budgetId: ABROAD,
    name: ABROAD,
    scope: { type: 'organisation' },
    period: 'lifetime',
    currency: 'EUR',
    limit: amountOf(ABROAD_LIMIT),
  });
  for (const gateway of gateways) await gateway.configuration.load();
}

describe('two gateways under random concurrent commands', () => {
  it('are what one gateway would be that decided in the order of the log', async () => {
    const seen = new Map<string, number>();
    const batch = fc.array(randomCommand(), { minLength: 4, maxLength: COMMANDS_PER_BATCH, size: 'max' });
    const lives = fc.array(batch, { minLength: 4, maxLength: BATCHES, size: 'max' });
    await fc.assert(
      fc.asyncProperty(lives, (batches) => live(batches, seen)),
      { numRuns: RUNS, interruptAfterTimeLimit: 40_000 },
    );
    for (const wanted of ['approved', 'held', 'denied']) {
      expect(seen.get(`request:purchase.${wanted}`) ?? 0, wanted).toBeGreaterThan(0);
    }
    expect(seen.get('authorize:authorization.approved') ?? 0).toBeGreaterThan(0);
  }, 120_000);
});
