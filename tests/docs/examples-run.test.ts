// examples-run.test.ts: what the README, the pages and examples/ tell a reader to paste works, on a fresh gateway.
import { afterEach, describe, expect, it } from 'vitest';

import { type DocsGateway, setUpAsTheReadme, startDocsGateway } from './docs-gateway.ts';
import { type PageRun, blocksOf, differences, readPage, runPage, runShell } from './page-examples.ts';

let gateway: DocsGateway | undefined;

afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

function expectAnswers(runs: readonly PageRun[]): void {
  for (const { block, output, answer } of runs) {
    if (answer === null) continue;
    expect(differences(answer, JSON.parse(output)), `the answer to the block in line ${block.line}`).toEqual(
      [],
    );
  }
}

describe('the README', () => {
  it('gets a newcomer to a decision with what it says to paste', async () => {
    gateway = await startDocsGateway();
    const runs = await runPage('README.md', gateway.environment);
    expect(runs.filter((run) => run.answer !== null)).toHaveLength(1);
    expectAnswers(runs);
  });

  it('asks with exactly the body of the product page', async () => {
    const asked = blocksOf(await readPage('README.md')).find((block) =>
      block.text.includes('/v1/procurement/requests'),
    );
    const body = /-d '(\{[\s\S]*\})'/.exec(asked?.text ?? '')?.[1] ?? '';
    expect(JSON.parse(body)).toEqual({
      agent_id: 'agent_ops_042',
      policy_id: 'pol_procurement',
      vendor: 'aws',
      amount: 1840.0,
      currency: 'usd',
      intent: 'infra renewal Q3',
      metadata: { category: 'cloud', cost_center: 'platform' },
    });
    expect(body).toContain('"amount": 1840.00');
  });
});

describe('the pages', () => {
  it.each([
    'docs/concepts/budgets.md',
    'docs/concepts/purchase-path.md',
    'docs/concepts/record.md',
    'docs/reference/events.md',
    'docs/reference/http.md',
  ])('%s shows what really is answered', async (page) => {
    gateway = await startDocsGateway();
    const agentKey = await setUpAsTheReadme(gateway);
    const runs = await runPage(page, { ...gateway.environment, AGENT_KEY: agentKey });
    expect(runs.length).toBeGreaterThan(0);
    expectAnswers(runs);
  });

  it('docs/reference/http.md repeats an answer under the same key', async () => {
    gateway = await startDocsGateway();
    const agentKey = await setUpAsTheReadme(gateway);
    const [replay] = await runPage('docs/reference/http.md', { ...gateway.environment, AGENT_KEY: agentKey });
    expect(replay?.output).toBe('same\n');
  });
});

describe('examples/quickstart.sh', () => {
  it('goes from request to reconciled, and can be run again', async () => {
    gateway = await startDocsGateway();
    for (let round = 0; round < 2; round += 1) {
      const written = await runShell(['examples/quickstart.sh'], gateway.environment);
      const shown = written.replaceAll(/ {2,}/g, ' ');
      expect(shown).toContain('1,840.00 USD from aws approved');
      expect(shown).toContain('charge by aws-evil.com approved: false, merchant_mismatch');
      expect(shown).toContain('charge by aws approved: true');
      expect(shown).toContain('captured reconciled');
      expect(shown).toContain('20.00 USD from aws-evil.com denied: vendor_not_on_allowlist');
      expect(shown).toContain('4,000.00 USD from aws held');
      expect(shown).toMatch(/signed by approver_quickstart_\d+ approved/);
      expect(shown).toContain('committed 4000.00 USD');
      expect(shown).toContain('spent 1840.00 USD');
      expect(shown).toContain('available 19160.00 USD');
      expect(shown).toMatch(/entries in the log [1-9]\d*\n/);
    }
  });

  it('says which call failed', async () => {
    gateway = await startDocsGateway();
    const environment = { ...gateway.environment, OPERATOR_KEY: 'not-a-key' };
    await expect(runShell(['examples/quickstart.sh'], environment)).rejects.toThrow(
      /POST \/v1\/agents failed/,
    );
  });
});

describe('differences', () => {
  it('sees what a page says and the answer does not', () => {
    const real = { id: 'preq_01abc', list: [{ a: 1, b: 2 }], amount: '1.00' };
    expect(differences({ id: 'preq_01...', list: [{ b: 2 }] }, real)).toEqual([]);
    expect(differences({ id: 'card_01...' }, real)).toHaveLength(1);
    expect(differences({ amount: 1 }, real)).toHaveLength(1);
    expect(differences({ list: [{ b: 3 }] }, real)).toHaveLength(1);
    expect(differences({ missing: 'x' }, real)).toHaveLength(1);
  });
});
