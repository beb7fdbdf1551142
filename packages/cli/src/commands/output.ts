// commands/output.ts: where a command writes. Results go to standard output, everything about the work to standard error,
// so that a result can be piped.

export interface Output {
  /** A result, with its line break. */
  result(text: string): void;
  /** About the work under way. */
  note(text: string): void;
}

export const STANDARD_OUTPUT: Output = {
  result: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
};
