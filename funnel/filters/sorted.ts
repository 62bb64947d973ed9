import { lowerBound } from '../../domain/lower-bound.ts'

/** Whether an ascending list holds the value. */
export function containsSorted(sorted: Uint32Array | Uint16Array, value: number): boolean {
  return sorted[lowerBound(sorted, value)] === value
}
