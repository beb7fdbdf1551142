// bench/splits/planting.ts: the splits of one run: which purchases they take the place of, and how each is cut and disguised.
// The same ones on every run.
import { type MadeVariant, MADE_VARIANTS, realVariants } from './merchant-variants.ts';
import {
  type Design,
  type Disguise,
  type Plant,
  SIZES,
  SPANS,
  type Size,
  type Span,
  type Writing,
  plantOf,
} from './plants.ts';
import { Random } from './random.ts';
import type { Prepared } from './replay.ts';
import type { Purchase } from './traffic.ts';

const SEED = 642;
/** One merchant's fees are two thirds of all purchases above the limit: each merchant and cost centre counts a few times. */
const HOSTS_OF_A_GROUP_MAX = 2;
const PLANTS_OF_A_HOST = 8;

const SIZE_NAMES = [...(Object.keys(SIZES) as Size[]), 'its real amount, divided'] satisfies Size[];
const SPAN_NAMES = (Object.keys(SPANS) as Span[]).filter((span) => span !== '11 to 30 days');
const MADE_NAMES: readonly Writing[] = Object.keys(MADE_VARIANTS) as MadeVariant[];
const DISGUISES: readonly Disguise[] = ['another cost centre', 'unrelated purposes', 'another merchant'];

export interface PlantedSplits {
  readonly hosts: number;
  /** As a split is expected to look: the same merchant, cost centre and job, within ten days. */
  readonly plain: readonly Plant[];
  /** As plain, but that every second part has the merchant as the data really have it elsewhere. */
  readonly otherwiseWritten: readonly Plant[];
  readonly hard: readonly Plant[];
}

export function plantSplits(traffic: readonly Prepared[], limitMinor: bigint): PlantedSplits {
  const random = new Random(SEED);
  const hosts = hostsOf(traffic, limitMinor);
  const purchases = traffic.map(({ purchase }) => purchase);
  const surroundings = {
    others: purchases.filter(({ costCentre }, at) => at % 97 === 0 && costCentre !== null),
    variantsOf: realVariants(purchases),
    limitMinor,
  };
  const planted = (design: () => Design): Plant[] =>
    hosts.flatMap((host) => plantOf(host, design(), random, surroundings) ?? []);
  const usual = { writing: 'the same string', disguise: 'none' } as const;
  const cut = (): Pick<Design, 'size' | 'span'> => ({
    size: random.of(SIZE_NAMES),
    span: random.of(SPAN_NAMES),
  });
  const plain = Array.from({ length: PLANTS_OF_A_HOST }, (_, round) =>
    planted(() => ({ ...cut(), ...usual, ...(round % 3 === 2 ? { writing: random.of(MADE_NAMES) } : {}) })),
  ).flat();
  const real = Array.from({ length: PLANTS_OF_A_HOST }, () =>
    planted(() => ({ ...cut(), ...usual, writing: 'a real variant' })),
  ).flat();
  const hard = [
    ...planted(() => ({ ...cut(), ...usual, span: '11 to 30 days' })),
    ...DISGUISES.flatMap((disguise) => planted(() => ({ ...cut(), ...usual, disguise }))),
  ];
  return { hosts: hosts.length, plain, otherwiseWritten: real, hard };
}

function hostsOf(traffic: readonly Prepared[], limitMinor: bigint): Purchase[] {
  const counts = new Map<string, number>();
  return traffic.flatMap(({ purchase, related }) => {
    const key = related.keys.map(({ groupKey }) => groupKey).join();
    if (purchase.amountMinor <= limitMinor || purchase.costCentre === null) return [];
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count > HOSTS_OF_A_GROUP_MAX ? [] : [purchase];
  });
}
