// velocity/review-facts.ts: that a subject of a purchase is under review, because an alert said so. Data only.

export interface VelocityReviewFact {
  readonly reviewId: string;
  /** The alert that says what was seen. */
  readonly alertId: string;
  readonly subjectType: 'agent' | 'team' | 'supplier';
  readonly subjectId: string;
  readonly sinceMs: number;
}
