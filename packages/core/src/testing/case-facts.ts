// testing/case-facts.ts: the `facts` of a decision case, from plain JSON: a matrix, sourcing documents and the rest as they would be
// published, so that a case needs no knowledge of this implementation. Must not be used by anything but tests.
import type { Action } from '../action.ts';
import { matchAuthority } from '../authority/match-authority.ts';
import { parseAuthorityMatrix } from '../authority/parse-authority-matrix.ts';
import { parseCurrency } from '../currency.ts';
import type { DecisionFacts } from '../decision-facts.ts';
import { parseAmount } from '../money.ts';
import { NOT_RELATED, type RelatedFacts, type RelatedGroup } from '../related/related-facts.ts';
import { parseSourcingPolicy } from '../sourcing/parse-sourcing-policy.ts';
import { parseFramework, parseTender, parseWaiver } from '../sourcing/parse-sourcing-records.ts';
import type { SourcingClaims, SourcingFacts } from '../sourcing/sourcing-facts.ts';
import { narrowestFirst } from '../sourcing/tender-cover.ts';
import type { SupplierFacts, SupplierReview } from '../suppliers/supplier-facts.ts';
import type { VelocityReviewFact } from '../velocity/review-facts.ts';
import { exampleSupplier } from './example-supplier.ts';

export interface CaseClaims {
  commitment_type?: 'call_off' | 'blanket';
  tender_reference?: string;
  framework_id?: string;
  waiver_id?: string;
  net?: string;
  contract_value?: string;
}

/** Documents by their id. */
type Documents = Readonly<Record<string, unknown>>;

export interface CaseFacts {
  /** Where the buying entity is, nearest first; default `["*"]`. */
  jurisdictions?: string[];
  authority_matrix?: unknown;
  /** The agent's. */
  role?: string;
  sourcing?: { policies?: Documents; tenders?: Documents; frameworks?: Documents; waivers?: Documents };
  related?: { groups?: CaseGroup[]; stopped?: { request_id: string; amount: string; currency: string } };
  supplier?: {
    supplier_id?: string;
    group_id?: string;
    standing?: SupplierFacts['standing'];
    sanctioned?: boolean;
    country?: string | null;
    verification?: SupplierFacts['verification'];
    matched_by?: SupplierFacts['matchedBy'];
    conflicts_with?: string;
  };
  supplier_review?: {
    supplier_id: string;
    standing: SupplierFacts['standing'];
    sanctioned?: boolean;
    reason: SupplierReview['reason'];
    score: number;
  };
  velocity_reviews?: {
    review_id: string;
    alert_id: string;
    subject_type: VelocityReviewFact['subjectType'];
    subject_id: string;
    since: string;
  }[];
}

interface CaseGroup {
  basis: RelatedGroup['basis'];
  parts: {
    request_id: string;
    amount: string;
    currency: string;
    days_before?: number;
    shares_intent?: boolean;
  }[];
  refused?: number;
}

export function claimsOfCase(given: CaseClaims, currency: string): SourcingClaims | null {
  const {
    commitment_type: type,
    tender_reference: tender,
    framework_id: framework,
    waiver_id: waiver,
  } = given;
  const claims: SourcingClaims = {
    commitmentType: type ?? null,
    tenderReference: tender ?? null,
    frameworkId: framework ?? null,
    waiverId: waiver ?? null,
    netMinor: given.net === undefined ? null : caseMinor(given.net, currency),
    contractValueMinor: given.contract_value === undefined ? null : caseMinor(given.contract_value, currency),
  };
  return Object.values(claims).every((claim) => claim === null) ? null : claims;
}

export function factsOfCase(given: CaseFacts, action: Action, atMs: number): Partial<DecisionFacts> {
  const { jurisdictions = ['*'], supplier, supplier_review: review, velocity_reviews: reviews } = given;
  return {
    jurisdiction: jurisdictions[0] === '*' ? null : (jurisdictions[0] ?? null),
    authority: authorityOf(given, action, jurisdictions, atMs),
    related: relatedOf(given.related),
    ...(given.sourcing === undefined ? {} : { sourcing: sourcingOf(given.sourcing, action, jurisdictions) }),
    supplier: supplier === undefined ? null : supplierOf(supplier),
    supplierReview: review === undefined ? null : reviewOf(review),
    ...(reviews === undefined
      ? {}
      : {
          velocityReviews: reviews.map((each) => ({
            reviewId: each.review_id,
            alertId: each.alert_id,
            subjectType: each.subject_type,
            subjectId: each.subject_id,
            sinceMs: Date.parse(each.since),
          })),
        }),
  };
}

function authorityOf(
  { authority_matrix: document, role }: CaseFacts,
  action: Action,
  jurisdictions: readonly string[],
  atMs: number,
): DecisionFacts['authority'] {
  if (document === undefined) return null;
  const parsed = parseAuthorityMatrix(document, { version: 1, effectiveFromMs: 0 });
  if (!parsed.ok) throw new Error(`the matrix of the case does not parse: ${JSON.stringify(parsed.faults)}`);
  return matchAuthority(parsed.matrix, {
    action,
    role: role ?? null,
    jurisdictions,
    atMs,
    maySign: () => true,
  });
}

/** Of the tenders, agreements and waivers the one that the action cites; of the waivers all, where it cites none. */
function sourcingOf(
  { policies = {}, tenders = {}, frameworks = {}, waivers = {} }: NonNullable<CaseFacts['sourcing']>,
  action: Action,
  jurisdictions: readonly string[],
): SourcingFacts {
  const { tenderReference: tender, frameworkId: framework, waiverId: waiver } = action.sourcing ?? NO_CLAIMS;
  const cited = (id: string | null, documents: Documents): [string, unknown] | null =>
    id === null || documents[id] === undefined ? null : [id, documents[id]];
  const [citedTender, citedFramework] = [cited(tender, tenders), cited(framework, frameworks)];
  const chosen =
    waiver === null ? Object.entries(waivers) : [cited(waiver, waivers)].filter((each) => each !== null);
  return {
    policies: Object.entries(policies).map(([id, document]) => {
      const parsed = parseSourcingPolicy(id, document, 1);
      if (!parsed.ok)
        throw new Error(`a policy of the case does not parse: ${JSON.stringify(parsed.faults)}`);
      return parsed.policy;
    }),
    jurisdictions,
    tender: citedTender === null ? null : parsedBy(parseTender(citedTender[0], citedTender[1], 1)),
    framework:
      citedFramework === null ? null : parsedBy(parseFramework(citedFramework[0], citedFramework[1], 1)),
    waivers: chosen.map(([id, document]) => parsedBy(parseWaiver(id, document))).toSorted(narrowestFirst),
  };
}

const NO_CLAIMS: Pick<SourcingClaims, 'tenderReference' | 'frameworkId' | 'waiverId'> = {
  tenderReference: null,
  frameworkId: null,
  waiverId: null,
};

function parsedBy<T>(result: { ok: true; value: T } | { ok: false; faults: readonly unknown[] }): T {
  if (!result.ok) throw new Error(`a document of the case does not parse: ${JSON.stringify(result.faults)}`);
  return result.value;
}

function relatedOf({ groups = [], stopped }: NonNullable<CaseFacts['related']> = {}): RelatedFacts {
  return {
    ...NOT_RELATED,
    groups: groups.map(groupOf),
    stopped:
      stopped === undefined
        ? null
        : {
            requestId: stopped.request_id,
            amountMinor: caseMinor(stopped.amount, stopped.currency),
            currency: stopped.currency,
          },
  };
}

/** What a group adds up to are its parts. */
function groupOf({ basis, parts, refused = 0 }: CaseGroup): RelatedGroup {
  const totals = new Map<string, { currency: string; amountMinor: bigint; count: number }>();
  for (const { amount, currency } of parts) {
    const total = totals.get(currency) ?? { currency, amountMinor: 0n, count: 0 };
    total.amountMinor += caseMinor(amount, currency);
    total.count += 1;
    totals.set(currency, total);
  }
  return {
    basis,
    totals: [...totals.values()],
    parts: parts.map(({ request_id, amount, currency, days_before = 0, shares_intent = false }) => ({
      requestId: request_id,
      currency,
      amountMinor: caseMinor(amount, currency),
      daysBefore: days_before,
      sharesIntent: shares_intent,
    })),
    refusedCount: refused,
  };
}

function supplierOf(given: NonNullable<CaseFacts['supplier']>): SupplierFacts {
  const {
    supplier_id: supplierId,
    group_id: groupId,
    matched_by: matchedBy,
    conflicts_with: conflictsWith,
  } = given;
  const { standing, sanctioned, country, verification } = given;
  return exampleSupplier({
    ...(supplierId === undefined ? {} : { supplierId }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(standing === undefined ? {} : { standing }),
    ...(sanctioned === undefined ? {} : { sanctioned }),
    ...(country === undefined ? {} : { country }),
    ...(verification === undefined ? {} : { verification }),
    ...(matchedBy === undefined ? {} : { matchedBy }),
    ...(conflictsWith === undefined ? {} : { conflictsWith }),
  });
}

function reviewOf(given: NonNullable<CaseFacts['supplier_review']>): SupplierReview {
  const { supplier_id: supplierId, sanctioned = false, ...others } = given;
  return { ...others, supplierId, sanctioned, version: 1 };
}

export function caseMinor(amount: string, currencyText: string): bigint {
  const currency = parseCurrency(currencyText);
  if (currency === undefined) throw new Error(`the case has an unknown currency: ${currencyText}`);
  const parsed = parseAmount(amount, currency, { allowZero: true });
  if (!parsed.ok) throw new Error(`the case has a faulty amount: ${amount}: ${parsed.message}`);
  return parsed.minor;
}
