// bench/process-profile.ts: where a process spends its time: V8's sampling profiler between two calls, summed up by
// function. Runs inside the process that is profiled; its start-up is not in it.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface FunctionTime {
  readonly function: string;
  /** Of all samples, idle ones included; 1 is the whole time. */
  readonly share: number;
}

export interface ProcessProfile {
  /** Longest first. */
  readonly functions: readonly FunctionTime[];
  readonly files: readonly FunctionTime[];
}

const SAMPLING_MICROSECONDS = 200;

export class ProcessProfiler {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
    await this.#session.post('Profiler.start');
  }

  /** @param file where the whole profile goes, for a viewer of .cpuprofile files */
  async stop(file: string): Promise<ProcessProfile> {
    const { profile } = await this.#session.post('Profiler.stop');
    this.#session.disconnect();
    await writeFile(file, JSON.stringify(profile));
    const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
    const byFunction = new Map<string, number>();
    const byFile = new Map<string, number>();
    const add = (sums: Map<string, number>, name: string, time: number): void => {
      sums.set(name, (sums.get(name) ?? 0) + time);
    };
    let total = 0;
    for (const [index, id] of (profile.samples ?? []).entries()) {
      const frame = nodes.get(id);
      const time = profile.timeDeltas?.[index] ?? 0;
      total += time;
      if (frame === undefined) continue;
      const place = placeOf(frame.url);
      add(byFile, place === '' ? frame.functionName : place, time);
      // tsx puts a source on few lines: only those of plain JavaScript lead anywhere.
      const line = place.endsWith('.ts') || place === '' ? '' : `:${frame.lineNumber + 1}`;
      add(byFunction, `${frame.functionName || '(anonymous)'} ${place}${line}`, time);
    }
    return { functions: sharesOf(byFunction, total), files: sharesOf(byFile, total) };
  }
}

function placeOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  return relative(fileURLToPath(new URL('..', import.meta.url)), fileURLToPath(url));
}

function sharesOf(sums: ReadonlyMap<string, number>, total: number): FunctionTime[] {
  return [...sums]
    .map(([name, time]) => ({ function: name, share: time / total }))
    .sort((a, b) => b.share - a.share);
}
