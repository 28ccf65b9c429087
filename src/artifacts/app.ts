import type { ObjectStore } from '../objects/object-store.ts';

declare module '../http/route.ts' {
  interface App {
    /** Bytes of artifacts and of finished logs. */
    objects: ObjectStore;
  }
}
