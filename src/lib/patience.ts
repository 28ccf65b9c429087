/**
 * The same items as `source`, for as long as they come: throws what `giveUp` gives when the next one takes longer than `idleMs`, or when
 * all of them take longer than `wholeMs`. Only waiting for the source counts as idle, not what is done with the items.
 */
export async function* patiently<T>(
  source: AsyncIterable<T> | AsyncIterator<T>,
  { idleMs, wholeMs }: Patience,
  giveUp: () => Error,
): AsyncGenerator<T> {
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source;
  const started = performance.now();
  try {
    for (;;) {
      const left = wholeMs - (performance.now() - started);
      if (left <= 0) throw giveUp();
      const next = await within(items.next(), Math.min(idleMs, left), giveUp);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a generator that waits for what never comes would not return either.
    items.return?.().then(undefined, () => undefined);
  }
}

/** How long a body may keep its reader waiting, in ms. */
export interface Patience {
  /** For the next bytes. */
  idleMs: number;
  /** For all of them. */
  wholeMs: number;
}

function within<T>(promise: Promise<T>, ms: number, giveUp: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(giveUp()), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
