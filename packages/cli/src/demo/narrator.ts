// demo/narrator.ts: how the demo speaks: headings, what is sent, what comes back, pictures of state. 80 columns, and
// nothing that only a colour says.
import { stripVTControlCharacters } from 'node:util';

import type { Decision, PurchaseRequest } from '@countersign/contract';

import type { Output } from '../commands/output.ts';
import { cut, painted, style } from '../terminal/style.ts';
import { table } from '../terminal/table.ts';

export interface Narrator {
  chapter(number: number, title: string): void;
  say(text: string): void;
  /** What an agent, a human or the network does. */
  acts(who: string, what: string): void;
  fields(fields: Readonly<Record<string, string>>): void;
  /** Where a purchase is on its way. */
  path(purchase: PurchaseRequest): void;
  findings(decision: Decision): void;
  budget(budget: BudgetState): void;
  raw(text: string): void;
  /** What the chapter claims: said with a mark, and remembered, since the demo fails when one is untrue. */
  claim(isTrue: boolean, text: string): void;
  readonly failedClaims: readonly string[];
}

export interface BudgetState {
  readonly budget_id: string;
  readonly currency: string;
  readonly limit: string;
  readonly pending: string;
  readonly committed: string;
  readonly spent: string;
  readonly available: string;
}

const BAR_WIDTH = 28;
const STAGES = ['issued', 'charged', 'settled', 'reconciled'] as const;

export function createNarrator(output: Output): Narrator {
  const line = (text: string): void => output.result(text);
  const failedClaims: string[] = [];
  return {
    failedClaims,
    chapter(number, title) {
      line(`\n${style.bold(`${number}. ${title}`)}\n${style.dim('─'.repeat(78))}`);
    },
    say: (text) => line(wrapped(text)),
    acts: (who, what) => line(`  ${style.name(who.padEnd(10))} ${what}`),
    fields(fields) {
      for (const [name, value] of Object.entries(fields)) line(`    ${style.dim(name.padEnd(18))} ${value}`);
    },
    path: (purchase) => line(`\n  ${pathPicture(purchase)}\n`),
    findings({ findings }) {
      const broken = findings.filter(({ outcome }) => outcome !== 'pass');
      line(
        table(
          [{ title: '' }, { title: 'reason' }, { title: 'observed' }, { title: 'limit' }],
          broken.map(({ outcome, reason_code: code, observed, limit }) => [
            painted(outcome === 'deny' ? 'denied' : 'held'),
            code,
            cut(observed ?? '-', 14),
            cut(limit ?? '-', 22),
          ]),
        ),
      );
      for (const next of new Set(broken.map(({ next_step: step }) => step))) {
        if (next !== null) line(wrapped(`${style.dim('next:')} ${next}`, 4));
      }
    },
    budget: (budget) => line(budgetPicture(budget)),
    raw: line,
    claim(isTrue, text) {
      line(wrapped(`${isTrue ? style.good('✓') : style.bad('✗ NOT TRUE:')} ${text}`));
      if (!isTrue) failedClaims.push(text);
    },
  };
}

/** `asked ── approved ── issued ── charged ── settled ── reconciled`, with what has not happened in brackets. */
function pathPicture({ status, checkout }: PurchaseRequest): string {
  const reached = STAGES.findIndex((stage) => stage === checkout.status);
  const stages = STAGES.map((stage, index) =>
    index <= reached ? style.good(`[${stage}]`) : style.dim(` ${stage} `),
  );
  return ['[asked]', painted(status).replace(status, `[${status}]`), ...stages].join('─');
}

function budgetPicture(budget: BudgetState): string {
  const limit = Number(budget.limit);
  const cells = (amount: string): number =>
    limit === 0 ? 0 : Math.round((BAR_WIDTH * Number(amount)) / limit);
  const spent = cells(budget.spent);
  const committed = cells(budget.committed);
  const pending = cells(budget.pending);
  const free = Math.max(BAR_WIDTH - spent - committed - pending, 0);
  const bar =
    style.good('█'.repeat(spent)) +
    style.name('▓'.repeat(committed)) +
    style.waiting('▒'.repeat(pending)) +
    style.dim('·'.repeat(free));
  return [
    `  budget ${style.bold(budget.budget_id)}  ${bar}  ${budget.available} of ${budget.limit} ${budget.currency} left`,
    `    █ spent ${budget.spent}   ▓ committed ${budget.committed}   ▒ pending ${budget.pending}`,
  ].join('\n');
}

function wrapped(text: string, indent = 2): string {
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    if (current !== '' && stripVTControlCharacters(`${current} ${word}`).length > 78 - indent) {
      lines.push(current);
      current = '';
    }
    current = current === '' ? word : `${current} ${word}`;
  }
  lines.push(current);
  return lines.map((one) => ' '.repeat(indent) + one).join('\n');
}
