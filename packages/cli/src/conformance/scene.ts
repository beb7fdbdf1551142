// conformance/scene.ts: the stage of one case: sends as one of the run's people and agents, and notes what must hold of the
// answers. Judges nothing: see expectation.ts.
import type { Check, Exchange, Expectation, Json } from './evidence.ts';
import { valueAt } from './expectation.ts';
import type { Call } from './recording-client.ts';
import type { World } from './world.ts';

/** What follows cannot be tried, because of an answer that does not have what it takes. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/** A case that says itself that it cannot be tested here. */
export class NotTestable extends Error {
  override readonly name = 'NotTestable';
}

export interface Purchase {
  readonly answer: Exchange;
  readonly id: string;
}

type Fields = Readonly<Record<string, Json>>;

export class Scene {
  readonly exchanges: Exchange[] = [];
  readonly expectations: Expectation[] = [];
  readonly world: World;
  readonly #caseId: string;
  #names = 0;

  constructor(world: World, caseId: string) {
    this.world = world;
    this.#caseId = caseId;
  }

  call(actor: Call['actor'], method: Call['method'], path: string, body?: Json): Promise<Exchange> {
    const call = body === undefined ? { actor, method, path } : { actor, method, path, body };
    return this.world.client.send(call, this.exchanges);
  }

  /** A change by the operator that has to work for the case to mean anything. */
  async change(method: Call['method'], path: string, body?: Json): Promise<Exchange> {
    const answer = await this.call('operator', method, path, body);
    if (answer.status < 300) return answer;
    throw new BrokenOff(
      `${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.received)}`,
    );
  }

  expect(answer: Exchange, at: string, check: Check): void {
    this.expectations.push({ exchange: answer.number, at, check });
  }

  /** A name of this run and this case: nothing else is related to it. */
  fresh(word: string): string {
    this.#names += 1;
    return `${this.world.prefix}_${this.#caseId.replaceAll('.', '')}_${word}${this.#names}`;
  }

  /** @param fields what is null is left out */
  async buy(agent: string, fields: Fields): Promise<Purchase> {
    const { world } = this;
    const body: Fields = {
      agent_id: world.id(agent),
      policy_id: world.id('open'),
      currency: 'GBP',
      category: world.id('general'),
      intent: `conformance ${this.#caseId}`,
      ...fields,
    };
    const given = Object.entries(body).filter(([, value]) => value !== null);
    const answer = await this.call(agent, 'POST', '/v1/procurement/requests', Object.fromEntries(given));
    return { answer, id: this.text(answer, '/received/request_id') };
  }

  expectApproved({ answer }: Purchase): void {
    this.expect(answer, '/status', { equals: 201 });
    this.expect(answer, '/received/status', { equals: 'approved' });
    this.expect(answer, '/received/checkout/card_id', { present: true });
  }

  /** Denied for this, with what was seen, the limit and the clause as `finding` says; and nothing to pay with. */
  expectDenied({ answer }: Purchase, finding: Fields): void {
    this.expect(answer, '/status', { equals: 201 });
    this.expect(answer, '/received/status', { equals: 'denied' });
    this.expect(answer, '/received/decision/findings', { has: { outcome: 'deny', ...finding } });
    this.expect(answer, '/received/checkout/card_id', { absent: true });
  }

  expectHeld({ answer }: Purchase, finding: Fields): void {
    this.expect(answer, '/status', { equals: 201 });
    this.expect(answer, '/received/status', { equals: 'held' });
    this.expect(answer, '/received/decision/findings', { has: { outcome: 'hold', ...finding } });
    this.expect(answer, '/received/approval/approval_id', { present: true });
    this.expectNothingToPayWith(answer);
  }

  expectNothingToPayWith(answer: Exchange): void {
    this.expect(answer, '/received/checkout/card_id', { absent: true });
    this.expect(answer, '/received/checkout/method', { absent: true });
  }

  show(purchase: Purchase, actor = 'operator'): Promise<Exchange> {
    return this.call(actor, 'GET', `/v1/procurement/requests/${purchase.id}`);
  }

  /** A merchant asks to charge its card, as it was asked for. */
  async charge({ answer }: Purchase, fields: Fields = {}): Promise<Exchange> {
    const cardId = this.text(answer, '/received/checkout/card_id');
    return this.call('operator', 'POST', `/v1/sandbox/cards/${cardId}/authorizations`, {
      amount: this.text(answer, '/received/amount'),
      currency: this.text(answer, '/received/currency'),
      merchant: { name: this.text(answer, '/received/vendor') },
      ...fields,
    });
  }

  /** Takes a charge back, so that nothing of the run stays spent. */
  async chargeAndTakeBack(purchase: Purchase): Promise<Exchange> {
    const charged = await this.charge(purchase);
    const id = valueAt(charged, '/received/authorization_id');
    if (valueAt(charged, '/received/approved') === true && typeof id === 'string')
      await this.call('operator', 'POST', `/v1/sandbox/authorizations/${id}/reverse`, {});
    return charged;
  }

  expectDeclined(charged: Exchange, reason: string): void {
    this.expect(charged, '/status', { equals: 201 });
    this.expect(charged, '/received/approved', { equals: false });
    this.expect(charged, '/received/reason', { equals: reason });
  }

  sign(approver: string, { answer }: Purchase, fields: Fields = {}): Promise<Exchange> {
    const approvalId = this.text(answer, '/received/approval/approval_id');
    return this.call(approver, 'POST', `/v1/approvals/${approvalId}/approve`, {
      authorization_reference: `DOA-${this.#caseId}`,
      ...fields,
    });
  }

  text(answer: Exchange, at: string): string {
    const value = valueAt(answer, at);
    if (typeof value === 'string') return value;
    throw new BrokenOff(
      `the answer to ${answer.method} ${answer.path} (${answer.status}) has no ${at.replace('/received/', '').replaceAll('/', '.')}`,
    );
  }
}
