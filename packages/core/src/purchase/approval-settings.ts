// purchase/approval-settings.ts: what an installation may set about approvals, its defaults, and what they mean. 0 switches
// a limit off. Clause: AG-642 4.5.

/** As they are stored and sent. */
export const APPROVAL_SETTINGS = {
  /** Requests of one agent that may wait for a human at the same time. */
  pending_approvals_max: 50,
  /** Signatures one person may give within a minute. */
  signatures_per_minute_max: 60,
  /** Per cent of an approval's validity that passes in silence before a reminder, where the step says nothing of it. */
  reminder_percent: 50,
  /** Decisions in the window below which nothing is said of rubber-stamping. */
  rubber_stamp_decisions_min: 20,
  /** Median of seconds from the first look to the decision below which it looks like rubber-stamping. */
  rubber_stamp_median_seconds: 5,
  /** Per cent decided without having been opened above which it looks like rubber-stamping. */
  rubber_stamp_unopened_percent: 50,
  /** Per cent of yes above which speed and unread approvals count at all. */
  rubber_stamp_approve_percent: 90,
} as const satisfies Record<string, number>;

export type ApprovalSettings = Readonly<Record<keyof typeof APPROVAL_SETTINGS, number>>;

/** As the gate goes by them; null: no limit, no reminder. */
export interface ApprovalLimits {
  readonly pendingMax: number | null;
  readonly signaturesPerMinuteMax: number | null;
  /** Share of the validity. */
  readonly remindAfterShare: number | null;
}

/** What is stored, completed by the defaults. */
export function approvalSettings(stored: Readonly<Record<string, unknown>>): ApprovalSettings {
  const settings: Record<string, number> = { ...APPROVAL_SETTINGS };
  for (const name of Object.keys(settings)) {
    const value = stored[name];
    if (typeof value === 'number') settings[name] = value;
  }
  return settings as ApprovalSettings; // the names are those of the defaults
}

export function approvalLimits(settings: ApprovalSettings): ApprovalLimits {
  const orNone = (value: number): number | null => (value === 0 ? null : value);
  const percent = orNone(settings.reminder_percent);
  return {
    pendingMax: orNone(settings.pending_approvals_max),
    signaturesPerMinuteMax: orNone(settings.signatures_per_minute_max),
    remindAfterShare: percent === null ? null : percent / 100,
  };
}
