/** Rows gathered by group: group g holds rows[offsets[g]] up to rows[offsets[g + 1]], in their original order. */
export interface RowGroups {
  readonly count: number
  readonly offsets: Uint32Array
  readonly rows: Uint32Array
  /** The group of each row, numbered from 0 in order of first appearance. */
  readonly groupOfRow: Uint32Array
}

/** Gathers rows by an arbitrary numeric id in O(n). Throws RangeError when there is not one id per row. */
export function groupRows(ids: ArrayLike<number>, rowCount: number): RowGroups {
  if (ids.length !== rowCount) throw new RangeError(`${rowCount} rows but ${ids.length} group ids: give one per row`)
  const numbers = new Map<number, number>()
  const groupOfRow = new Uint32Array(rowCount)
  for (let i = 0; i < rowCount; i++) {
    let group = numbers.get(ids[i])
    if (group === undefined) {
      group = numbers.size
      numbers.set(ids[i], group)
    }
    groupOfRow[i] = group
  }
  const count = numbers.size
  const offsets = new Uint32Array(count + 1)
  for (let i = 0; i < rowCount; i++) offsets[groupOfRow[i] + 1]++
  for (let g = 0; g < count; g++) offsets[g + 1] += offsets[g]
  const filled = offsets.slice(0, count)
  const rows = new Uint32Array(rowCount)
  for (let i = 0; i < rowCount; i++) rows[filled[groupOfRow[i]]++] = i
  return { count, offsets, rows, groupOfRow }
}
