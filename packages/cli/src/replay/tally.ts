// replay/tally.ts: what a replay came to, counted while it runs. Memory grows with rules, months and cost centres, not
// with rows. INVARIANT: every row read is counted exactly once: approved, held, denied, refund or bad.
import type { ReplayRow } from './read-row.ts';

/** Minor units by currency: amounts of different currencies are never added. */
export type Sums = Map<string, bigint>;

export interface Count {
  rows: number;
  readonly money: Sums;
}

export type DecisionStatus = 'approved' | 'held' | 'denied';
/** `matched`: posted against the purchase it belongs to; otherwise the policy alone was asked. */
export type RefundOutcome = 'matched' | 'allowed' | 'escalated' | 'blocked';

export type ByStatus = Readonly<Record<DecisionStatus, Count>>;

/** What a decision names as its reason; a row may have several. */
export interface Reason {
  readonly outcome: 'hold' | 'deny';
  readonly code: string;
  readonly control: string;
  readonly policyId: string | null;
  readonly ruleId: string | null;
}

export interface RuleCount extends Count {
  readonly reason: Reason;
}

export class Tally {
  readRows = 0;
  badRows = 0;
  readonly decisions = byStatus();
  readonly refunds = {
    matched: count(),
    allowed: count(),
    escalated: count(),
    blocked: count(),
  } satisfies Record<RefundOutcome, Count>;
  readonly settled = count();
  /** Charges that the gate declined, by the network's reason. */
  readonly declined = new Map<string, Count>();
  expiredHolds = 0;
  readonly byRule = new Map<string, RuleCount>();
  readonly byMonth = new Map<string, ByStatus>();
  readonly byCostCenter = new Map<string, ByStatus>();
  /** Commands the gate answered: requests, checks, charges, captures, refunds, expiries. */
  commands = 0;

  decided(row: ReplayRow, status: DecisionStatus, reasons: readonly Reason[]): void {
    add(this.decisions[status], row);
    add(part(this.byMonth, row.month)[status], row);
    add(part(this.byCostCenter, row.facts.cost_center ?? '(none)')[status], row);
    this.#reasons(row, reasons);
  }

  refunded(row: ReplayRow, outcome: RefundOutcome, reasons: readonly Reason[]): void {
    add(this.refunds[outcome], row);
    this.#reasons(row, reasons);
  }

  charged(row: ReplayRow): void {
    add(this.settled, row);
  }

  declinedAtTheTill(row: ReplayRow, reason: string): void {
    const found = this.declined.get(reason) ?? count();
    this.declined.set(reason, found);
    add(found, row);
  }

  get decidedRows(): number {
    return this.decisions.approved.rows + this.decisions.held.rows + this.decisions.denied.rows;
  }

  get refundRows(): number {
    return Object.values(this.refunds).reduce((sum, { rows }) => sum + rows, 0);
  }

  /** The sum law: nothing that was read is missing from the result. */
  get isComplete(): boolean {
    return this.readRows === this.decidedRows + this.refundRows + this.badRows;
  }

  #reasons(row: ReplayRow, reasons: readonly Reason[]): void {
    const seen = new Set<string>();
    for (const reason of reasons) {
      const key = [reason.outcome, reason.code, reason.policyId, reason.ruleId].join('\0');
      if (seen.has(key)) continue;
      seen.add(key);
      const found = this.byRule.get(key) ?? { reason, ...count() };
      this.byRule.set(key, found);
      add(found, row);
    }
  }
}

function count(): Count {
  return { rows: 0, money: new Map() };
}

function byStatus(): Record<DecisionStatus, Count> {
  return { approved: count(), held: count(), denied: count() };
}

function part(parts: Map<string, ByStatus>, name: string): ByStatus {
  const found = parts.get(name) ?? byStatus();
  parts.set(name, found);
  return found;
}

function add(to: Count, row: ReplayRow): void {
  to.rows += 1;
  to.money.set(row.currency, (to.money.get(row.currency) ?? 0n) + row.amountMinor);
}
