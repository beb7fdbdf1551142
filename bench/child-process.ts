// bench/child-process.ts: both ends of a child of the benchmark: one command at a time, one reply to each.
// The child ends when its parent does.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  /** What it said when it was ready. */
  readonly ready: unknown;
  ask(command: object): Promise<unknown>;
  close(): Promise<void>;
}

interface Reply {
  readonly value?: unknown;
  readonly failure?: string;
}

const CLOSE = 'close';

/** Starts `bench/<script>` with an argument that it gets as parsed JSON. */
export async function startChild(
  script: string,
  argument: unknown,
  nodeOptions: readonly string[] = [],
): Promise<Child> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, [JSON.stringify(argument)], {
    execArgv: ['--import', 'tsx', ...nodeOptions],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'], // a server's log of each request goes nowhere
  });
  const ready = await replyOf(child);
  return {
    ready,
    ask(command) {
      const reply = replyOf(child);
      child.send(command);
      return reply;
    },
    async close() {
      const ended = once(child, 'exit');
      child.send(CLOSE);
      await ended;
    },
  };
}

function replyOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the child ended with ${String(code)}`));
    child.once('exit', onExit);
    child.once('message', ({ value, failure }: Reply) => {
      child.off('exit', onExit);
      if (failure === undefined) resolve(value);
      else reject(new Error(failure));
    });
  });
}

/** The child's end: answers each command, and closes when it is told to or left alone. */
export function serveParent(child: {
  readonly ready: unknown;
  readonly answer: (command: unknown) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}): void {
  const send = (reply: Reply): void => void process.send?.(reply);
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    child
      .close()
      .catch((error: unknown) => console.error(error))
      .finally(() => {
        if (process.connected) process.disconnect();
      });
  };
  process.once('disconnect', close);
  process.on('message', (command: unknown) => {
    if (command === CLOSE) {
      close();
      return;
    }
    child.answer(command).then(
      (value) => send({ value }),
      (error: unknown) =>
        send({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  send({ value: child.ready });
}

/** The argument the parent gave. */
export function argumentOfChild(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}
