/** What we use of `event-source-polyfill`, which has no types. */
export declare class EventSourcePolyfill extends EventTarget {
  constructor(url: string)
  close(): void
}
