// bench/suppliers/organisation-pairs.ts: pairs of organisation records whose true ids are known. Same: two records of one id.
// Different: each record with the records of other ids whose names share most with it, and with some of its neighbourhood,
// so that the negatives are the hard ones.
import { join } from 'node:path';

import type { Party } from '../../packages/server/src/suppliers/relate-parties.ts';
import { type Half, type LabelledPair, halfOf } from './pair-counts.ts';
import { readTable } from './read-table.ts';

interface Organisation {
  readonly trueId: string;
  readonly party: Party;
  readonly words: readonly string[];
  readonly zip: string;
}

const LIKE_NAMES = 3;
const NEIGHBOURS = 1;

export async function organisationPairs(data: string): Promise<ReadonlyMap<Half, LabelledPair[]>> {
  const rows = await readTable(join(data, 'organisations', 'organisations-with-true-ids.csv'));
  const seen = new Set<string>();
  const organisations: Organisation[] = [];
  for (const row of rows) {
    const name = (row['Site name'] ?? '').replaceAll(/\s+/g, ' ').trim();
    const trueId = row['True Id'] ?? '';
    const key = [trueId, name.toLowerCase(), row['Phone']].join('\0');
    if (name === '' || trueId === '' || seen.has(key)) continue; // the same record again says nothing
    seen.add(key);
    organisations.push({
      trueId,
      party: {
        name,
        ...given('phone', row['Phone']),
        ...given('address', row['Address']),
        ...given('domain', domainOf(row)),
      },
      words: name.toLowerCase().match(/[a-z]{3,}/g) ?? [],
      zip: row['Zip'] ?? '',
    });
  }
  const halves = new Map<Half, LabelledPair[]>();
  for (const half of ['development', 'holdout'] as const) {
    const own = organisations.filter(({ trueId }) => halfOf(trueId) === half);
    halves.set(half, [...samePairs(own), ...differentPairs(own)]);
  }
  return halves;
}

function given(name: 'phone' | 'domain' | 'address', text: string | undefined): Partial<Party> {
  return text === undefined || text === '' ? {} : { [name]: text };
}

function domainOf(row: Readonly<Record<string, string>>): string {
  const website = row['Website'] ?? '';
  if (/\.[a-z]{2,}/i.test(website)) return website;
  const email = row['Email Address'] ?? '';
  // An address at a mail provider is nobody's domain.
  return email.includes('@') && !/@(gmail|yahoo|hotmail|aol|sbcglobal|comcast|att|msn)\./i.test(email)
    ? email
    : '';
}

function samePairs(organisations: readonly Organisation[]): LabelledPair[] {
  const groups = new Map<string, Organisation[]>();
  for (const one of organisations) groups.set(one.trueId, [...(groups.get(one.trueId) ?? []), one]);
  return [...groups.values()].flatMap((group) =>
    group.flatMap((one, at) =>
      group
        .slice(at + 1)
        .map((other) => ({ one: one.party, other: other.party, isSame: true, kind: 'one true id' })),
    ),
  );
}

function differentPairs(organisations: readonly Organisation[]): LabelledPair[] {
  const byWord = new Map<string, number[]>();
  for (const [at, { words }] of organisations.entries()) {
    for (const word of new Set(words)) byWord.set(word, [...(byWord.get(word) ?? []), at]);
  }
  const made = new Set<string>();
  const pairs: LabelledPair[] = [];
  const add = (a: number, b: number, kind: string): void => {
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    const [one, other] = [organisations[a], organisations[b]];
    if (one === undefined || other === undefined || one.trueId === other.trueId || made.has(key)) return;
    made.add(key);
    pairs.push({ one: one.party, other: other.party, isSame: false, kind });
  };
  for (const [at, { words, trueId, zip }] of organisations.entries()) {
    const shared = new Map<number, number>();
    for (const word of new Set(words)) {
      const holders = byWord.get(word) ?? [];
      for (const holder of holders) shared.set(holder, (shared.get(holder) ?? 0) + 1 / holders.length);
    }
    const likest = [...shared]
      .filter(([other]) => organisations[other]?.trueId !== trueId)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0]);
    for (const [other] of likest.slice(0, LIKE_NAMES)) add(at, other, 'like names, other true ids');
    const near = zip === '' ? [] : likest.filter(([other]) => organisations[other]?.zip === zip);
    for (const [other] of near.slice(0, NEIGHBOURS)) add(at, other, 'one neighbourhood, other true ids');
  }
  return pairs;
}
