/** Length of a text in Unicode code points, which is how databases and GitLab's limits count. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}
