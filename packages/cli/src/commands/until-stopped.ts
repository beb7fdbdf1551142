// commands/until-stopped.ts: waits for the end of a server: a signal, or a failure it cannot survive. A second signal
// ends the process at once, in case draining hangs.

export interface UntilStopped {
  /** null: asked to stop; else why it cannot go on. */
  readonly promise: Promise<Error | null>;
  readonly fail: (error: Error) => void;
}

export function untilStopped(): UntilStopped {
  let resolve: (reason: Error | null) => void = () => undefined;
  const promise = new Promise<Error | null>((settle) => {
    resolve = settle;
  });
  const onSignal = (): void => {
    resolve(null);
    // Once ours is gone, the default applies again.
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return { promise, fail: resolve };
}
