// finding.ts: what a control says. Outcomes are data: a control never throws for a domain answer.

export type FindingOutcome = 'pass' | 'hold' | 'deny';

export interface Finding {
  /** The control's name: its file name in controls/. */
  readonly control: string;
  readonly policyId: string | null;
  readonly ruleId: string | null;
  readonly outcome: FindingOutcome;
  /** Stable code; `ok` for a pass. */
  readonly reasonCode: string;
  /** One sentence in plain words. */
  readonly message: string;
  /** What was seen, as text with its unit; null where nothing was. */
  readonly observed: string | null;
  /** What was allowed, as text with its unit. */
  readonly limit: string | null;
  /** The clause the control enforces, such as `AG-642 4.2`. */
  readonly clause: string | null;
  /** What the agent can do next; null on a pass. */
  readonly nextStep: string | null;
  /** Who may sign this hold; null: any approver. Only on holds. */
  readonly approvers: readonly string[] | null;
}

export type DecisionOutcome = 'approved' | 'held' | 'denied';

/** deny > hold > approve. */
export function outcomeOf(findings: readonly Finding[]): DecisionOutcome {
  let outcome: DecisionOutcome = 'approved';
  for (const finding of findings) {
    if (finding.outcome === 'deny') return 'denied';
    if (finding.outcome === 'hold') outcome = 'held';
  }
  return outcome;
}
