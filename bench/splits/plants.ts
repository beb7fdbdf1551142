// bench/splits/plants.ts: splits that are planted in real traffic: a real purchase above the limit is taken out and parts of
// it, each below the limit, are put in its place: same merchant, cost centre and job, the part named in the purpose.
import { type MadeVariant, MADE_VARIANTS } from './merchant-variants.ts';
import type { Random } from './random.ts';
import type { Purchase } from './traffic.ts';

export const SIZES = {
  'just below': { from: 0.9, to: 0.999, parts: [2, 5] },
  'a half': { from: 0.51, to: 0.6, parts: [2, 5] },
  'a third': { from: 0.34, to: 0.42, parts: [3, 5] },
  'a fifth': { from: 0.21, to: 0.26, parts: [5, 5] },
} as const satisfies Record<string, { from: number; to: number; parts: readonly [number, number] }>;

export type Size = keyof typeof SIZES | 'its real amount, divided';

export const SPANS = {
  'the same day': [0, 0],
  '1 to 3 days': [1, 3],
  '4 to 7 days': [4, 7],
  '8 to 10 days': [8, 10],
  '11 to 30 days': [11, 30],
} as const satisfies Record<string, readonly [number, number]>;

export type Span = keyof typeof SPANS;
export type Writing = MadeVariant | 'the same string' | 'a real variant';

/** What makes a split hard to find, besides how it is cut. */
export type Disguise = 'none' | 'another cost centre' | 'unrelated purposes' | 'another merchant';

export interface Design {
  readonly size: Size;
  readonly span: Span;
  readonly writing: Writing;
  readonly disguise: Disguise;
}

export interface Plant {
  readonly design: Design;
  /** The real purchase it takes the place of. */
  readonly host: Purchase;
  /** In the order of time. */
  readonly parts: readonly Purchase[];
}

/** What disguises and real variants are taken from. */
export interface Surroundings {
  readonly others: readonly Purchase[];
  readonly variantsOf: (purchase: Purchase) => readonly string[];
  readonly limitMinor: bigint;
}

/** General ones, and ones that only some jobs have. */
const PART_NAMES = ['labour', 'materials', 'delivery', 'installation', 'equipment', 'balance'].concat([
  'scaffolding',
  'removal',
  'design',
  'cabling',
  'testing',
  'consumables',
]);
const PARTS_MAX = 5;
const MS_PER_DAY = 86_400_000;

/** null: this purchase cannot be cut in that way. */
export function plantOf(
  host: Purchase,
  design: Design,
  random: Random,
  surroundings: Surroundings,
): Plant | null {
  const amounts = amountsOf(host, design.size, random, surroundings.limitMinor);
  const variants = design.writing === 'a real variant' ? surroundings.variantsOf(host) : [];
  if (amounts === null || (design.writing === 'a real variant' && variants.length === 0)) return null;
  const [least, most] = SPANS[design.span];
  const span = random.integer(least, most);
  const days = amounts
    .map((_, at) => (at === 0 ? 0 : at === 1 ? span : random.integer(0, span)))
    .sort((a, b) => a - b);
  const parts = amounts.map((amountMinor, at): Purchase => {
    const part: Purchase = {
      ...host,
      id: `${host.id}/part${at}`,
      date: dayAfter(host.date, days[at] ?? 0),
      purpose: partPurpose(host.purpose, at, random),
      amountMinor,
    };
    // Every second part is written, or disguised, in another way.
    if (at % 2 === 0) return part;
    return disguised(
      { ...part, merchant: written(host, design.writing, variants, random) },
      design,
      random,
      surroundings,
    );
  });
  return { design, host, parts };
}

function amountsOf(host: Purchase, size: Size, random: Random, limitMinor: bigint): bigint[] | null {
  const limit = Number(limitMinor);
  if (size !== 'its real amount, divided') {
    const { from, to, parts } = SIZES[size];
    const count = random.integer(parts[0], parts[1]);
    return Array.from({ length: count }, () => BigInt(Math.round(random.between(from, to) * limit)));
  }
  const total = Number(host.amountMinor);
  const least = Math.max(2, Math.ceil(total / (0.95 * limit)));
  if (least > PARTS_MAX) return null;
  const count = random.integer(least, PARTS_MAX);
  const weights = Array.from({ length: count }, () => random.between(0.9, 1.1));
  const sum = weights.reduce((one, other) => one + other, 0);
  const amounts = weights.map((weight) => Math.floor((total * weight) / sum));
  amounts[0] = (amounts[0] ?? 0) + total - amounts.reduce((one, other) => one + other, 0);
  return amounts.every((amount) => amount <= limit) ? amounts.map(BigInt) : null;
}

/** `ROOF REPAIR - labour`, `materials for ROOF REPAIR`, or with one of its words left out. */
function partPurpose(purpose: string, at: number, random: Random): string {
  const name = `${random.of(PART_NAMES)} ${at + 1}`;
  const words = purpose.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return name;
  const style = random.integer(0, 2);
  if (style === 0) return `${purpose} - ${name}`;
  if (style === 1) return `${name} for ${purpose}`;
  const left = random.integer(0, words.length - 1);
  const kept = words.length === 1 ? words : words.filter((_, place) => place !== left);
  return `${kept.join(' ')}: ${name}`;
}

function written(host: Purchase, writing: Writing, variants: readonly string[], random: Random): string {
  if (writing === 'the same string') return host.merchant;
  return writing === 'a real variant' ? random.of(variants) : MADE_VARIANTS[writing](host.merchant, random);
}

function disguised(part: Purchase, { disguise }: Design, random: Random, { others }: Surroundings): Purchase {
  if (disguise === 'none') return part;
  const other = random.of(others);
  if (disguise === 'another cost centre') return { ...part, costCentre: other.costCentre };
  if (disguise === 'unrelated purposes') return { ...part, purpose: other.purpose };
  return { ...part, merchant: other.merchant };
}

function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * MS_PER_DAY).toISOString().slice(0, 10);
}
