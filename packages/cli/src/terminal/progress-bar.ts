// terminal/progress-bar.ts: a bar that is drawn over itself on a terminal, and a line now and then elsewhere.
// Must not draw more often than an eye or a log can use.
import { duration, grouped } from './numbers.ts';
import { style } from './style.ts';

export interface ProgressBar {
  /** `done` of `total` in any unit; `text` says what has happened so far. */
  update(progress: {
    readonly done: number;
    readonly total: number;
    readonly rows: number;
    readonly text: string;
  }): void;
  /** Removes the bar, or ends its last line. */
  end(): void;
}

export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const BAR_WIDTH = 20;

export function createProgressBar(
  output: ProgressOutput,
  now: () => number = () => performance.now(),
): ProgressBar {
  const isTerminal = output.isTTY === true;
  const startedMs = now();
  let drawnMs = isTerminal ? Number.NEGATIVE_INFINITY : startedMs;
  let isDrawn = false;
  return {
    update({ done, total, rows, text }) {
      const nowMs = now();
      if (nowMs - drawnMs < (isTerminal ? REDRAW_MS : LINE_MS)) return;
      drawnMs = nowMs;
      const share = total === 0 ? 1 : Math.min(done / total, 1);
      const elapsedMs = nowMs - startedMs;
      const rate = elapsedMs === 0 ? 0 : Math.round((rows * 1000) / elapsedMs);
      const left = share === 0 ? '' : `, ${duration((elapsedMs * (1 - share)) / share)} left`;
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      const counts = `${percent}  ${grouped(rows)} rows, ${grouped(rate)}/s${left}  ${text}`;
      if (!isTerminal) {
        output.write(`${counts.trimStart()}\n`);
        return;
      }
      const filled = Math.round(share * BAR_WIDTH);
      const bar = style.good('█'.repeat(filled)) + style.dim('░'.repeat(BAR_WIDTH - filled));
      const room = (output.columns ?? 80) - BAR_WIDTH - 4;
      output.write(`\r\u001B[2K  ${bar} ${counts.slice(0, Math.max(room, 0))}`);
      isDrawn = true;
    },
    end() {
      if (isDrawn) output.write('\r\u001B[2K');
      isDrawn = false;
    },
  };
}
