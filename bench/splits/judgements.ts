// bench/splits/judgements.ts: what a reader said of groups that were found: a hash of each, the verdict and the reason, and
// nothing that the city wrote.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { FlaggedGroup } from './flagged-groups.ts';

export const VERDICTS = ['one_transaction', 'plausibly_one', 'innocent'] as const;

export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  /** Hash of its first purchase, see flagged-groups.ts. */
  readonly group: string;
  /** Hash of all its purchases when it was read. */
  readonly members: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

const FILE = join(import.meta.dirname, 'judgements.json');

export function readJudgements(): readonly Judgement[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Judgement[]; // kept with the code
}

/** Of these groups, those that were read and are as they were then. */
export function judgementsOf(groups: readonly FlaggedGroup[]): readonly Judgement[] {
  const members = new Map(groups.map((group) => [group.anchor, group.members]));
  return readJudgements().filter((judgement) => members.get(judgement.group) === judgement.members);
}
