/** The byte at `offset` of a job's log in crash tests: printable, and telling both apart from neighbours. */
export function logByte(job: number, offset: number): number {
  return 32 + ((job * 37 + offset * 7 + (offset >> 6) * 13) % 95);
}
