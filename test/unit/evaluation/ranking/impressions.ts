/** Small logs of impressions with known truth for the tests of ranking evaluation. */
import { normalAt, uniformAt } from '../../../../models/engine/random.ts'

export interface WorldLine {
  readonly user: string
  readonly item: string
  readonly time: number
  readonly context: string
  readonly outcomes: Record<string, number>
  readonly itemCategories: Record<string, string>
  readonly numbers: Record<string, number>
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** Items differ in quality; each person likes one of two kinds, finishes what was clicked, and hates what is loud. */
export function world(count: number, seed: number, start = 1_700_000_000_000): WorldLine[] {
  const users = 40
  const items = 30
  return Array.from({ length: count }, (_, row) => {
    const user = Math.floor(uniformAt(seed, row * 8) * users)
    const item = Math.floor(uniformAt(seed, row * 8 + 1) * items)
    const kind = item % 2
    const suits = kind === user % 2 ? 1 : -1
    const loud = Number(item % 5 === 0)
    const click = Number(uniformAt(seed, row * 8 + 2) < sigmoid(2 * normalAt(99, item) + 1.5 * suits))
    return {
      user: `u${user}`,
      item: `i${item}`,
      time: start + row * 60_000,
      context: 'home',
      outcomes: {
        click,
        finish: click * Number(uniformAt(seed, row * 8 + 3) < sigmoid(suits)),
        hate: Number(uniformAt(seed, row * 8 + 4) < 0.02 + 0.3 * loud),
      },
      itemCategories: { kind: String(kind) },
      numbers: { loud },
    }
  })
}

export const asText = (lines: readonly object[]) => `${lines.map(line => JSON.stringify(line)).join('\n')}\n`
