// forecast.ts: back-test of the forecast on real spending: the total of each month of each cost centre, foretold on three days of
// the month with what was known then, against what other rules of thumb would have said. Prints the weighted absolute error and how
// often the 80 % interval held. The constants of the method were chosen on 2013 and 2014; 2015 and 2016 are the report.
// Use: npm run bench:forecast [-- TRANSACTIONS.csv.gz]
import { forecastUse } from '../packages/core/src/index.ts';
import { readToronto } from './toronto-transactions.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2011, 0, 1) / DAY_MS;
const MONTHS = 72;
/** Cost centres that spent in nearly every month of the first three years: a budget's history has to exist. */
const ACTIVE_MONTHS_MIN = 30;
const ORIGINS = [0, 10, 20] as const;

const starts = Array.from(
  { length: MONTHS + 1 },
  (_, month) => Date.UTC(2011, month, 1) / DAY_MS - FIRST_DAY,
);
const centres = await dailySums();
console.log(
  `${centres.length} cost centres that spent in at least ${ACTIVE_MONTHS_MIN} months of 2011 to 2013\n`,
);
const tuning = backTest('Chosen on: 2013 and 2014', 24, 48);
const report = backTest('Reported: 2015 and 2016', 48, 72);
process.exitCode = tuning && report ? 0 : 1;

async function dailySums(): Promise<number[][]> {
  const byCentre = new Map<string, number[]>();
  const days = starts[MONTHS] ?? 0;
  for (const { costCentre, date, amountMinor } of await readToronto(process.argv[2])) {
    const day = Date.parse(date) / DAY_MS - FIRST_DAY;
    if (costCentre === '' || !(day >= 0 && day < days)) continue;
    const values = byCentre.get(costCentre) ?? new Array<number>(days).fill(0);
    values[day] = (values[day] ?? 0) + amountMinor;
    byCentre.set(costCentre, values);
  }
  return [...byCentre.values()].filter((values) => {
    let active = 0;
    for (let month = 0; month < 36; month += 1) if (total(values, month) > 0) active += 1;
    return active >= ACTIVE_MONTHS_MIN;
  });
}

function between(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let day = from; day < to; day += 1) sum += values[day] ?? 0;
  return sum;
}

function total(values: readonly number[], month: number): number {
  return between(values, starts[month] ?? 0, starts[month + 1] ?? 0);
}

/** Remainder of the month before, or of that of the year before, from the same day on. */
function remainder(values: readonly number[], month: number, day: number): number {
  return between(values, (starts[month] ?? 0) + day, starts[month + 1] ?? 0);
}

interface Tally {
  error: number;
  made: number;
  held: number;
  width: number;
}

function backTest(title: string, from: number, to: number): boolean {
  console.log(`${title}: weighted absolute error of a month’s total (sum of errors over sum of totals)`);
  console.log(
    row('day', 'seasonal', 'run rate', 'last month', 'last year', '80 % held', 'width', 'forecasts'),
  );
  let isBetter = true;
  for (const day of ORIGINS) {
    const tallies = { seasonal: tally(), runRate: tally(), lastMonth: tally(), lastYear: tally() };
    let actualSum = 0;
    for (const values of centres) {
      for (let month = from; month < to; month += 1) {
        const actual = total(values, month);
        if (!foretell(values, month, day, actual, tallies)) continue;
        actualSum += Math.abs(actual);
      }
    }
    const share = (of: Tally): number => of.error / actualSum;
    const { seasonal, runRate, lastMonth, lastYear } = tallies;
    const held = `${((seasonal.held / seasonal.made) * 100).toFixed(1)} %`;
    const width = (seasonal.width / actualSum).toFixed(2);
    const errors = [seasonal, runRate, lastMonth, lastYear].map((of) => share(of).toFixed(3));
    console.log(row(`${day + 1}`, ...errors, held, width, seasonal.made));
    isBetter &&= share(seasonal) < Math.min(share(lastMonth), share(lastYear));
    isBetter &&= Math.abs(seasonal.held / seasonal.made - 0.8) < 0.06;
  }
  console.log('');
  if (!isBetter)
    console.error(`FAILED: ${title}: no better than a baseline, or the interval does not hold 80 %`);
  return isBetter;
}

/** false: the history could not support a forecast. */
function foretell(
  values: readonly number[],
  month: number,
  day: number,
  actual: number,
  tallies: Record<'seasonal' | 'runRate' | 'lastMonth' | 'lastYear', Tally>,
): boolean {
  const origin = (starts[month] ?? 0) + day;
  const days = (starts[month + 1] ?? 0) - origin;
  const known = values.slice(0, origin);
  const first = known.findIndex((value) => value !== 0);
  if (first === -1) return false;
  const result = forecastUse({ firstDay: FIRST_DAY + first, values: known.slice(first) }, { days });
  if (!result.ok) return false;
  const used = between(values, starts[month] ?? 0, origin);
  const at = (path: readonly number[]): number => used + (path.at(-1) ?? 0);
  const { expected, lower, upper } = result.forecast;
  add(tallies.seasonal, at(expected), actual);
  if (at(lower) <= actual && actual <= at(upper)) tallies.seasonal.held += 1;
  tallies.seasonal.width += at(upper) - at(lower);
  const recent = known.slice(-91);
  add(tallies.runRate, used + (between(recent, 0, recent.length) / recent.length) * days, actual);
  add(tallies.lastMonth, used + remainder(values, month - 1, day), actual);
  add(tallies.lastYear, used + remainder(values, month - 12, day), actual);
  return true;
}

function tally(): Tally {
  return { error: 0, made: 0, held: 0, width: 0 };
}

function add(to: Tally, forecast: number, actual: number): void {
  to.error += Math.abs(forecast - actual);
  to.made += 1;
}

function row(...cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => String(cell).padStart(index === 0 ? 4 : 12)).join('');
}
