// velocity.ts: do the signals find what is known to be in real spending, and stay silent at amounts that bound nothing?
// Prints counts, ratios, probabilities and verdicts; fails when the known limit is not found or a placebo is.
// Use: npm run bench:velocity [-- TRANSACTIONS.csv.gz]
import {
  type Edge,
  type EdgeBand,
  type Sensitivity,
  assessClustering,
  placebosOf,
  sideOfEdge,
} from '../packages/core/src/index.ts';
import { type Transaction, readToronto } from './toronto-transactions.ts';

/** The city's limit of one card purchase, and the same with 13 % tax. */
const KNOWN_LIMIT = 300_000n;
const WITH_TAX = 339_000n;
const WATCHED = [KNOWN_LIMIT, WITH_TAX];

const transactions = (await readToronto(process.argv[2])).filter(({ amountMinor }) => amountMinor > 0);
const failures: string[] = [];

console.log(`${transactions.length} purchases, ${transactions[0]?.date} to ${transactions.at(-1)?.date}\n`);
for (const sensitivity of ['normal', 'high'] as const) {
  console.log(`Amounts around a limit, sensitivity ${sensitivity}, all years:`);
  console.log(
    row('amount', '5 % below', 'above', 'ratio', '2 % below', 'above', 'ratio', 'probability', 'verdict'),
  );
  for (const limit of WATCHED) {
    const verdict = printEdge(limit, 'limit', transactions, sensitivity);
    if (limit === KNOWN_LIMIT && verdict !== 'alert')
      failures.push(`${limit} is not found at ${sensitivity}`);
  }
  for (const placebo of allPlacebos()) {
    const verdict = printEdge(placebo, 'placebo', transactions, sensitivity);
    if (verdict === 'alert') failures.push(`the placebo ${placebo} alerts at ${sensitivity}`);
  }
  console.log('');
}
printYears();
printDivisions();
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;

function allPlacebos(): bigint[] {
  const found = new Set(WATCHED.flatMap((limit) => placebosOf(limit, WATCHED)));
  return [...found].sort((a, b) => (a < b ? -1 : 1));
}

function edgeOf(edgeMinor: bigint, among: readonly Transaction[]): Edge {
  const count = (band: EdgeBand) => {
    const centre = Number(edgeMinor);
    const around = among.filter(({ amountMinor }) => Math.abs(amountMinor - centre) < centre / 10);
    const sides = around.map(({ amountMinor }) => sideOfEdge(BigInt(amountMinor), edgeMinor, band));
    return {
      below: sides.filter((side) => side === 'below').length,
      above: sides.filter((side) => side === 'above').length,
    };
  };
  return { edgeMinor, wide: count('wide'), near: count('near') };
}

/** A placebo is judged as a limit would be, with the others as its control. */
function assess(edgeMinor: bigint, among: readonly Transaction[], sensitivity: Sensitivity, window: string) {
  const placebos = placebosOf(edgeMinor, WATCHED).map((placebo) => edgeOf(placebo, among));
  const edge = edgeOf(edgeMinor, among);
  const threshold = `${Number(edgeMinor) / 100} CAD`;
  const finding = assessClustering({ label: 'limit', threshold, edge, placebos, window, sensitivity });
  return { edge, finding };
}

function printEdge(
  edgeMinor: bigint,
  kind: string,
  among: readonly Transaction[],
  sensitivity: Sensitivity,
): string {
  const { edge, finding } = assess(edgeMinor, among, sensitivity, 'six years');
  const { wide, near } = edge;
  const ratio = ({ below, above }: Edge['wide']) => (below / Math.max(1, above)).toFixed(2);
  const amount = `${Number(edgeMinor) / 100} ${kind}`;
  const probability = String(finding.evidence['probability'] ?? '-');
  console.log(
    row(
      amount,
      wide.below,
      wide.above,
      ratio(wide),
      near.below,
      near.above,
      ratio(near),
      probability,
      finding.verdict,
    ),
  );
  return finding.verdict;
}

function printYears(): void {
  console.log('The known limit, year by year, sensitivity normal:');
  for (let year = 2011; year <= 2016; year += 1) {
    const among = transactions.filter(({ date }) => date.startsWith(String(year)));
    const { finding } = assess(KNOWN_LIMIT, among, 'normal', `${year}`);
    console.log(`  ${finding.verdict.padEnd(11)}${finding.explanation}`);
  }
  console.log('');
}

/** Each division alone: the limit, and every placebo as if it were one. */
function printDivisions(): void {
  const groups = new Map<string, Transaction[]>();
  for (const transaction of transactions) {
    const group = groups.get(transaction.division);
    if (group === undefined) groups.set(transaction.division, [transaction]);
    else group.push(transaction);
  }
  let [judged, alerted, placeboJudged, placeboAlerted] = [0, 0, 0, 0];
  for (const among of groups.values()) {
    const { finding } = assess(KNOWN_LIMIT, among, 'normal', 'six years');
    if (finding.verdict !== 'not_enough') judged += 1;
    if (finding.verdict === 'alert') alerted += 1;
    for (const placebo of allPlacebos()) {
      const { verdict } = assess(placebo, among, 'normal', 'six years').finding;
      if (verdict !== 'not_enough') placeboJudged += 1;
      if (verdict === 'alert') placeboAlerted += 1;
    }
  }
  console.log(`Division by division, sensitivity normal, ${groups.size} divisions:`);
  console.log(`  3000 CAD: ${alerted} alerts in ${judged} divisions with enough purchases near it`);
  console.log(
    `  placebos: ${placeboAlerted} alerts in ${placeboJudged} pairs of division and placebo with enough`,
  );
  if (placeboAlerted > 0) failures.push(`${placeboAlerted} placebos alert in single divisions`);
}

function row(...cells: readonly (string | number)[]): string {
  return cells
    .map((cell, index) => (index === 0 ? String(cell).padEnd(17) : String(cell).padStart(12)))
    .join('');
}
