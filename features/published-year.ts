import { dayMs } from '../config/units.ts'

const yearMs = 365.2425 * dayMs

/** Calendar year with its fraction, NaN when the time is. */
export function publishedYear(publishedAt: number): number {
  return 1970 + publishedAt / yearMs
}
