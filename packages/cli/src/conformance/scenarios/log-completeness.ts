// conformance/scenarios/log-completeness.ts: test 8.8: every attempt is in the tamper-evident log with all that AG-642 4.6
// lists. Most of it is judged over the whole record when the run is over, see ../assess-record.ts; here is what can be tried
// while it is on: that there is no way to change the record, and that an auditor may read it (section 7).
import type { CaseRecord } from '../evidence.ts';
import type { RecordCheckName } from '../assess-record.ts';
import type { Scenario } from './scenario.ts';

const base = { test: '8.8', clauses: ['4.6'] } as const;

export const logAccess: readonly Scenario[] = [
  {
    ...base,
    id: '8.8-no-way-to-change',
    title: 'no route changes or deletes an entry or a request',
    kind: 'stops',
    async run(scene) {
      const purchase = await scene.buy('purchaser', { vendor: scene.fresh('shop'), amount: '1.00' });
      scene.expectApproved(purchase);
      for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
        for (const path of [
          '/v1/log/entries',
          '/v1/log/entries/0',
          '/log/checkpoint',
          '/log/tile/0/000',
          `/v1/procurement/requests/${purchase.id}`,
        ]) {
          const answer = await scene.call('operator', method, path);
          scene.expect(answer, '/status', { one_of: [404, 405] });
        }
      }
    },
  },
  {
    ...base,
    id: '8.8-auditor-access',
    title: 'an auditor reads the log and the purchases, and does nothing else; nobody reads without a key',
    kind: 'shows',
    async run(scene) {
      const { id } = scene.world;
      for (const path of [
        '/v1/log/entries?limit=1',
        '/v1/procurement/requests?limit=1',
        '/v1/approvals?limit=1',
        '/v1/budgets?limit=1',
        '/v1/sourcing-policies?limit=1',
        '/v1/policies?limit=1',
      ]) {
        scene.expect(await scene.call('audrey', 'GET', path), '/status', { equals: 200 });
        scene.expect(await scene.call(null, 'GET', path), '/status', { equals: 401 });
      }
      for (const [path, body] of [
        [
          '/v1/budgets',
          { name: 'Own', scope: { type: 'agent', id: id('watched') }, period: 'day', currency: 'GBP' },
        ],
        ['/v1/agents', { agent_id: scene.fresh('own'), name: 'Own' }],
      ] as const)
        scene.expect(await scene.call('audrey', 'POST', path, body), '/status', { equals: 403 });
    },
  },
  {
    ...base,
    id: '8.8-database-tampered',
    title: 'a row of the database that was changed is found against the log',
    kind: 'stops',
    untestable: 'it takes the database’s owner',
    ownTest: 'packages/server/src/record/verify-database.test.ts',
  },
];

/** Cases that are judged over the record of the whole run. */
export const recordCases: readonly {
  readonly id: string;
  readonly title: string;
  readonly kind: CaseRecord['kind'];
  readonly checks: readonly RecordCheckName[];
}[] = [
  {
    id: '8.8-every-attempt',
    title: 'every attempt of the run is in the log, the denied ones too',
    kind: 'shows',
    checks: ['attempts_in_log', 'denials_in_log'],
  },
  {
    id: '8.8-all-it-needs',
    title: 'each with value, authority limit, budget, sourcing and split results, routing and outcome',
    kind: 'shows',
    checks: ['entries_say_all'],
  },
  {
    id: '8.8-charges-and-signatures',
    title: 'every charge that was tried, and every signature with who, when and by what authority',
    kind: 'shows',
    checks: ['charges_in_log', 'signatures_in_log'],
  },
  {
    id: '8.8-included',
    title: 'each entry proved to be in the signed tree, offline',
    kind: 'shows',
    checks: ['entries_included'],
  },
  {
    id: '8.8-promises',
    title: 'each promise of inclusion is signed, and was kept',
    kind: 'shows',
    checks: ['promises_kept'],
  },
  {
    id: '8.8-append-only',
    title: 'the tree at the end contains the tree at the beginning',
    kind: 'shows',
    checks: ['log_only_grew'],
  },
];
