// conformance/scenarios/scenario.ts: what a case of a run is: which clauses it shows, what it does and expects. Types only.
import type { CaseRecord } from '../evidence.ts';
import type { Scene } from '../scene.ts';

interface CaseName {
  /** Test and a word: it is the name of its file too. */
  readonly id: string;
  readonly test: CaseRecord['test'];
  readonly clauses: readonly string[];
  readonly title: string;
  readonly kind: CaseRecord['kind'];
}

export interface TestableCase extends CaseName {
  /** It needs a published authority matrix with the run's rows in it. */
  readonly needsMatrix?: true;
  readonly run: (scene: Scene) => Promise<void>;
}

/** What nobody can bring about over HTTP, and the repository's own test of it. */
interface UntestableCase extends CaseName {
  readonly untestable: string;
  readonly ownTest: string;
}

export type Scenario = TestableCase | UntestableCase;
