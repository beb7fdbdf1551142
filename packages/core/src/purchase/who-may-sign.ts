// purchase/who-may-sign.ts: who may sign which step of an approval now. The one answer that the gate, the lists and the
// reminders go by. Clauses: AG-642 4.1, 4.5.
// INVARIANT: in one approval a person counts once, by themselves or through whoever signs on their behalf.
import type { ApprovalState, ApprovalStep } from './state.ts';

export interface Person {
  readonly principalId: string;
  readonly email: string | null;
}

export interface Signer extends Person {
  /** Principals who have delegated their signature to this one, at this moment. It cannot be passed on. */
  readonly actsFor: readonly Person[];
}

export interface SigningWish {
  /** Owner of the agent: a principal's id or e-mail. */
  readonly agentOwner: string | null;
  /** The step that is meant; left out: the one that fewest others may sign. */
  readonly step?: number | null;
  /** On whose behalf; left out: the signer's own authority where it suffices, else a delegator's. */
  readonly onBehalfOf?: string | null;
  /** Also steps whose turn has not come yet. */
  readonly anyTurn?: boolean;
}

export type MaySign =
  | {
      readonly ok: true;
      readonly stepIndex: number;
      readonly onBehalfOf: string | null;
      /** Only because silence has been escalated. */
      readonly isEscalation: boolean;
    }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** The step this person may sign, and by whose authority; or why there is none. */
export function whoMaySign(
  approval: Pick<ApprovalState, 'steps'>,
  signer: Signer,
  wish: SigningWish,
): MaySign {
  const { agentOwner } = wish;
  if (agentOwner !== null && isPerson(signer, agentOwner)) return SELF_APPROVAL;
  const counted = countedPeople(approval);
  if (counted.has(signer.principalId)) return ALREADY_SIGNED;
  const steps = candidates(approval, wish);
  if ('code' in steps) return steps;
  let refusal: MaySign = NOT_AN_APPROVER;
  for (const authority of authoritiesOf(signer, wish.onBehalfOf ?? null)) {
    const own = authority === signer;
    const step = steps.find(({ step: each }) => mayByAuthority(each, authority, own));
    if (step === undefined) continue;
    if (!own && agentOwner !== null && isPerson(authority, agentOwner)) refusal = SELF_APPROVAL;
    else if (counted.has(authority.principalId)) refusal = ALREADY_SIGNED;
    else {
      const onBehalfOf = own ? null : authority.principalId;
      return { ok: true, stepIndex: step.index, onBehalfOf, isEscalation: !isNamed(step.step, authority) };
    }
  }
  const wanted = wish.onBehalfOf ?? null;
  const isDelegate = signer.actsFor.some((person) => person.principalId === wanted);
  return wanted !== null && !isDelegate ? NOT_A_DELEGATE : refusal;
}

/** It has all the signatures it needs. */
export function isComplete(step: ApprovalStep): boolean {
  return step.signatures.length >= step.quorum;
}

/** The steps that may be signed now, lowest order first; empty: all are complete. */
export function openSteps({ steps }: Pick<ApprovalState, 'steps'>): readonly number[] {
  const waiting = steps.flatMap((step, index) => (isComplete(step) ? [] : [index]));
  const order = Math.min(...waiting.map((index) => steps[index]?.order ?? 0));
  return waiting.filter((index) => steps[index]?.order === order);
}

/** Whether a name in a configuration, an id or an e-mail address, is this person. */
export function isPerson(person: Person, name: string): boolean {
  return (
    person.principalId === name ||
    (person.email !== null && person.email.toLowerCase() === name.toLowerCase())
  );
}

const SELF_APPROVAL = refusal(
  'self_approval',
  'The owner of an agent may not approve its requests, neither themselves nor through a delegate.',
);
const ALREADY_SIGNED = refusal(
  'already_signed',
  'The same person may sign one step of an approval only, themselves or through a delegate.',
);
const NOT_AN_APPROVER = refusal(
  'not_an_approver_of_this_step',
  'The rule that holds this request names other approvers.',
);
const NOT_A_DELEGATE = refusal(
  'not_a_delegate',
  'That person has not delegated their signature to you at this moment.',
);

function refusal(code: string, message: string): MaySign & { ok: false } {
  return { ok: false, code, message };
}

function countedPeople({ steps }: Pick<ApprovalState, 'steps'>): ReadonlySet<string> {
  const people = new Set<string>();
  for (const { signatures } of steps) {
    for (const { principalId, onBehalfOf } of signatures) {
      people.add(principalId);
      if (onBehalfOf !== null) people.add(onBehalfOf);
    }
  }
  return people;
}

/** Steps that wait for signatures, those that name fewest first: who may sign anything must not take the place of one who may not. */
function candidates(
  approval: Pick<ApprovalState, 'steps'>,
  { step: wanted = null, anyTurn = false }: SigningWish,
): (MaySign & { ok: false }) | readonly { readonly step: ApprovalStep; readonly index: number }[] {
  const open = openSteps(approval);
  if (open.length === 0) return refusal('approval_not_pending', 'This approval has no step left to sign.');
  const all = approval.steps.map((step, index) => ({ step, index }));
  const inTurn = all.filter(({ step, index }) => (anyTurn ? !isComplete(step) : open.includes(index)));
  if (wanted === null) return inTurn.sort((a, b) => breadth(a.step) - breadth(b.step));
  const found = inTurn.filter(({ index }) => index === wanted);
  if (found.length > 0) return found;
  return refusal('step_not_open', 'This step is not the one that waits for a signature now.');
}

function breadth({ approvers }: ApprovalStep): number {
  return approvers === null ? Number.MAX_SAFE_INTEGER : approvers.length;
}

/** Their own authority first. */
function authoritiesOf(signer: Signer, wanted: string | null): readonly Person[] {
  if (wanted === null) return [signer, ...signer.actsFor];
  if (wanted === signer.principalId) return [signer];
  return signer.actsFor.filter((person) => person.principalId === wanted);
}

/** A step that any approver may sign needs nobody's delegation: the delegate signs it as themselves. */
function mayByAuthority(step: ApprovalStep, authority: Person, own: boolean): boolean {
  if (step.approvers === null) return own;
  return (
    isNamed(step, authority) ||
    (step.escalatedAtMs !== null && step.escalateTo.some((name) => isPerson(authority, name)))
  );
}

function isNamed({ approvers }: ApprovalStep, person: Person): boolean {
  return approvers === null || approvers.some((name) => isPerson(person, name));
}
