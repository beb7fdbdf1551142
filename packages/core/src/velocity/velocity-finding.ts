// velocity/velocity-finding.ts: what a signal says of a subject, and how easily it says so. Data only.

/** How easily an alert is raised. */
export type Sensitivity = 'low' | 'normal' | 'high';

export type VelocitySignal = 'frequency' | 'concentration' | 'clustering' | 'out_of_hours';

/** `not_enough`: too little has been seen to judge by; never taken for usual. */
export type VelocityVerdict = 'alert' | 'usual' | 'not_enough';

export interface VelocityFinding {
  readonly signal: VelocitySignal;
  readonly verdict: VelocityVerdict;
  /** One or two sentences in plain words. */
  readonly explanation: string;
  /** The numbers that were seen, by name. */
  readonly evidence: Readonly<Record<string, number | string | null>>;
}

export interface Thresholds {
  /** Spreads above the median. */
  readonly spreads: number;
  /** Probability below which something is not taken for chance. */
  readonly chance: number;
  /** How often the ratio at a threshold must be that at any placebo. */
  readonly ratioFactor: number;
  /** Share of the history's value within the short window. */
  readonly share: number;
}

export const THRESHOLDS: Readonly<Record<Sensitivity, Thresholds>> = {
  low: { spreads: 8, chance: 1e-5, ratioFactor: 2, share: 0.4 },
  normal: { spreads: 6, chance: 1e-3, ratioFactor: 1.5, share: 0.25 },
  high: { spreads: 4, chance: 1e-2, ratioFactor: 1.25, share: 0.15 },
};

/** Three digits that count, for sentences. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
