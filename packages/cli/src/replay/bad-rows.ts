// replay/bad-rows.ts: the rows that could not be decided: the first ones are kept to be shown, all of them go to a file
// where one is asked for. Must not keep more in memory than it shows.
import { type WriteStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';

import { CommandFailure } from '../failure.ts';
import type { BadRow } from './read-row.ts';

const SHOWN_MAX = 20;

export class BadRows {
  readonly first: { readonly line: number; readonly reason: string }[] = [];
  readonly #file: WriteStream | null;

  private constructor(file: WriteStream | null) {
    this.#file = file;
  }

  static async open(path: string | undefined): Promise<BadRows> {
    if (path === undefined) return new BadRows(null);
    const file = createWriteStream(path);
    try {
      await once(file, 'open');
    } catch (error) {
      throw new CommandFailure(
        `cannot write \`${path}\`: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    file.write('line,reason\n');
    return new BadRows(file);
  }

  async add({ line, reason }: BadRow): Promise<void> {
    if (this.first.length < SHOWN_MAX) this.first.push({ line, reason });
    if (this.#file?.write(`${line},"${reason.replaceAll('"', '""')}"\n`) === false)
      await once(this.#file, 'drain');
  }

  async close(): Promise<void> {
    if (this.#file === null) return;
    this.#file.end();
    await finished(this.#file);
  }
}
