import Table from 'cli-table3'

/** A plain table, without colours: it is pasted into documents. Numbers should come as text, see below. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  })
  drawn.push(...rows.map(row => [...row]))
  return drawn.toString()
}

/** Three significant digits, without an exponent; whole from 100 up. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

export function percent(share: number): string {
  return `${figure(share * 100)} %`
}
