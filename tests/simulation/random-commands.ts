// random-commands.ts: random commands for the simulations, as fast-check makes and shrinks them. A command names its
// purchase by a number, so that it still means something after others before it have been shrunk away.
import fc from 'fast-check';

import type { ModelCommand, ModelPolicy, ModelPurchase, ReferenceModel } from './reference-model.ts';

export const AGENTS = ['agent_a', 'agent_b'] as const;
const VENDORS = ['vendor_x', 'vendor_y'] as const;
export const PEOPLE = ['ann', 'ben', 'cat', 'owner'] as const;
export const OWNER = 'owner';

const HOUR_MS = 3_600_000;

export interface RandomCommand {
  readonly kind: ModelCommand['kind'];
  /** Chooses the purchase, agent or budget: modulo how many there are; counted from the newest. */
  readonly target: number;
  readonly authorization: number;
  readonly amount: number;
  readonly person: (typeof PEOPLE)[number];
  /** How the command is wrong, where it is. */
  readonly fault: 'none' | 'vendor' | 'currency' | 'amount';
  readonly flag: boolean;
  /** Whether the purchase is one that waits for such a command. */
  readonly apt: boolean;
  readonly policy: ModelPolicy;
  /** Milliseconds that pass before it. */
  readonly waitMs: number;
}

const AMOUNTS = [10, 18, 25, 41, 60, 77, 100, 133, 150, 250] as const;

const randomPolicy: fc.Arbitrary<ModelPolicy> = fc.record({
  maxMinor: fc.constantFrom(120n, 1_000n, 1_000n),
  holdAbove: fc
    .tuple(fc.constantFrom(20n, 80n, 900n), fc.constantFrom(20n, 120n, 900n))
    .map(([first, second]) => ({ r_hold_1: first, r_hold_2: second })),
  duplicateWindowMs: fc.constantFrom(null, null, 30 * 60_000),
});

export function randomCommand(): fc.Arbitrary<RandomCommand> {
  const kinds: { weight: number; arbitrary: fc.Arbitrary<ModelCommand['kind']> }[] = [
    { weight: 8, arbitrary: fc.constant('request') },
    { weight: 7, arbitrary: fc.constant('sign') },
    { weight: 8, arbitrary: fc.constant('authorize') },
    { weight: 6, arbitrary: fc.constant('capture') },
    { weight: 4, arbitrary: fc.constant('reverse') },
    { weight: 3, arbitrary: fc.constantFrom('refund', 'force_post', 'cancel', 'reject', 'expire') },
    { weight: 2, arbitrary: fc.constantFrom('set_policy', 'set_limit', 'set_suspended') },
  ];
  return fc.record({
    kind: fc.oneof(...kinds),
    target: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 5 }) }),
    authorization: fc.nat({ max: 2 }),
    amount: fc.nat({ max: AMOUNTS.length - 1 }),
    person: fc.constantFrom(...PEOPLE),
    fault: fc.oneof(
      { weight: 12, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom('vendor' as const, 'currency' as const, 'amount' as const) },
    ),
    flag: fc.boolean(),
    apt: fc.nat({ max: 7 }).map((number) => number > 0),
    policy: randomPolicy,
    waitMs: fc.oneof(
      { weight: 12, arbitrary: fc.constant(1_000) },
      { weight: 1, arbitrary: fc.constantFrom(HOUR_MS, 25 * HOUR_MS, 24 * 8 * HOUR_MS) },
    ),
  });
}

/** What a random command means to a model in this state; null: nothing, there is no purchase yet. */
export function concrete(
  random: RandomCommand,
  model: ReferenceModel,
  newId: (prefix: 'p' | 'auth') => string,
): ModelCommand | null {
  const { kind } = random;
  const amountMinor = BigInt(AMOUNTS[random.amount] ?? 10);
  switch (kind) {
    case 'set_policy':
      return { kind, policy: random.policy };
    case 'set_limit': {
      const budgetId = [...model.budgets.keys()][random.target % model.budgets.size] ?? '';
      return { kind, budgetId, limitMinor: amountMinor * (random.flag ? 9n : 2n) };
    }
    case 'set_suspended':
      return {
        kind,
        agentId: AGENTS[random.target % AGENTS.length] ?? AGENTS[0],
        suspended: random.flag && random.apt && random.authorization === 0,
      };
    case 'request':
      return {
        kind,
        id: newId('p'),
        agentId: AGENTS[random.target % AGENTS.length] ?? AGENTS[0],
        vendor: VENDORS[random.flag ? 0 : 1],
        amountMinor,
      };
    default: {
      const all = [...model.purchases.values()].reverse();
      const waiting = random.apt ? all.filter((purchase) => waitsFor(kind, purchase)) : [];
      const purchases = waiting.length > 0 ? waiting : all;
      const purchase = purchases[random.target % Math.max(purchases.length, 1)];
      return purchase === undefined ? null : step(kind, random, purchase, amountMinor, newId);
    }
  }
}

function waitsFor(kind: ModelCommand['kind'], purchase: ModelPurchase): boolean {
  switch (kind) {
    case 'sign':
    case 'reject':
      return purchase.status === 'held';
    case 'authorize':
      return purchase.card?.status === 'active';
    case 'capture':
    case 'reverse':
      return [...purchase.authorizations.values()].some((authorization) => !authorization.closed);
    case 'refund':
      return purchase.settledMinor > 0n;
    case 'force_post':
      return purchase.card !== null;
    default:
      return purchase.status === 'approved' || purchase.status === 'held';
  }
}

function step(
  kind: Exclude<ModelCommand['kind'], 'request' | 'set_policy' | 'set_limit' | 'set_suspended'>,
  random: RandomCommand,
  purchase: ModelPurchase,
  otherMinor: bigint,
  newId: (prefix: 'auth') => string,
): ModelCommand {
  const { id } = purchase;
  const vendor = random.fault === 'vendor' ? 'vendor_evil' : purchase.vendor;
  const open = [...purchase.authorizations].filter(([, authorization]) => !authorization.closed);
  const known = (random.apt && open.length > 0 ? open : [...purchase.authorizations]).map(([key]) => key);
  const authorizationId = known[random.authorization % Math.max(known.length, 1)] ?? 'auth_none';
  const wholeMinor = purchase.amountMinor;
  const amountMinor = random.fault === 'amount' ? wholeMinor + 1n : random.flag ? wholeMinor : otherMinor;
  switch (kind) {
    case 'sign':
    case 'reject':
      return { kind, id, person: random.person };
    case 'cancel':
    case 'expire':
      return { kind, id };
    case 'authorize':
      return {
        kind,
        id,
        authorizationId: newId('auth'),
        amountMinor: random.fault === 'none' ? min(amountMinor, wholeMinor) : amountMinor,
        vendor,
        currency: random.fault === 'currency' ? 'EUR' : 'USD',
      };
    case 'capture':
      return { kind, id, authorizationId, amountMinor, close: random.waitMs === 1_000 && random.flag };
    case 'reverse':
    case 'refund':
      return {
        kind,
        id,
        authorizationId,
        amountMinor: random.flag ? rest(purchase, authorizationId) : otherMinor,
      };
    case 'force_post':
      return { kind, id, authorizationId: newId('auth'), amountMinor, vendor };
  }
}

/** What is still open on an authorization, or one. */
function rest(purchase: ModelPurchase, authorizationId: string): bigint {
  const authorization = purchase.authorizations.get(authorizationId);
  if (authorization === undefined) return 1n;
  const openMinor = authorization.amountMinor - authorization.capturedMinor - authorization.reversedMinor;
  return openMinor > 0n ? openMinor : 1n;
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
