/** `http.searchDeadlineMs` is set by `SLUICE_HTTP_SEARCH_DEADLINE_MS`. */
export function environmentName(key: string): string {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll('.', '_')
  return `SLUICE_${words.toUpperCase()}`
}

/**
 * The known name that was probably meant, or undefined when none is close: the same last part in another table first,
 * then the smallest edit distance within a third of the length.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  const name = given.toLowerCase()
  const lastPart = name.slice(name.lastIndexOf('.') + 1)
  let nearest: string | undefined
  let nearestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const other = candidate.toLowerCase()
    const distance = other.endsWith(`.${lastPart}`) ? 0 : editDistance(name, other)
    if (distance < nearestDistance) {
      nearest = candidate
      nearestDistance = distance
    }
  }
  return nearest
}

/** Optimal string alignment distance: insert, delete, replace, or swap two neighbours, each costs 1. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, replaced)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
