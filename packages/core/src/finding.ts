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
  /** How the signatures are asked for; absent: one signature, in the order of the holds. Only on holds. */
  readonly routing?: StepRouting;
  /** Related purchases whose sum with this one was too much; there may be more than are named. Absent: it was judged alone. */
  readonly relatedRequestIds?: readonly string[];
  /** The sourcing waiver that this pass rests on: the purchase uses it up. Only on passes. */
  readonly waiverId?: string;
}

/** How the signatures of one hold are asked for. Clause: AG-642 4.5. */
export interface StepRouting {
  /** Name of the tier that signs. */
  readonly tier: string | null;
  /** How many of the approvers must sign: 2 for "2 of 3". At least 1. */
  readonly quorum: number;
  /**
   * Steps of one order run in parallel; all of a lower order are complete before one of a higher may be signed. null:
   * after every step that stands before it.
   */
  readonly order: number | null;
  /** Silence before a reminder, in milliseconds; null: as the gateway is set. */
  readonly remindAfterMs: number | null;
  /** Silence before `escalateTo` may sign too, in milliseconds; null: never. */
  readonly escalateAfterMs: number | null;
  /** Who may sign besides, once silence has lasted that long: ids or e-mail addresses of principals. */
  readonly escalateTo: readonly string[];
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
