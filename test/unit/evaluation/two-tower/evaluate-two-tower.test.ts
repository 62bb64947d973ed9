import { describe, expect, it } from 'vitest'
import { evaluateTwoTower } from '../../../../evaluation/two-tower/evaluate-two-tower.ts'
import type { InteractionData } from '../../../../evaluation/two-tower/interaction-data.ts'
import { renderTwoTowerReport } from '../../../../evaluation/two-tower/render-two-tower.ts'
import { deriveKey, uniformAt } from '../../../../models/engine/random.ts'

const [people, kinds, perKind] = [60, 12, 50]

/** People of twelve kinds who like items of their kind; a popular list cannot hold all that everybody likes. */
function plantedData(): InteractionData {
  const rows = Array.from({ length: 24 * people }, (_, row) => {
    const user = row % people
    const place = Math.floor(perKind * uniformAt(deriveKey(1, user), row))
    return { user, item: (user % kinds) * perKind + place, time: 1e12 + row * 3_600_000 }
  })
  const names = Array.from({ length: kinds }, (_, kind) => `kind${kind}`)
  return {
    items: Array.from({ length: kinds * perKind }, (_, item) => {
      const kind = names[Math.floor(item / perKind)]
      return { id: `t${item}`, title: `${kind} story`, categories: [kind], creators: [] }
    }),
    users: Array.from({ length: people }, (_, user) => ({ id: `u${user}` })),
    user: Uint32Array.from(rows, row => row.user),
    item: Uint32Array.from(rows, row => row.item),
    time: Float64Array.from(rows, row => row.time),
    weight: new Float32Array(rows.length).fill(2.5),
    liked: new Uint8Array(rows.length).fill(1),
  }
}

describe('evaluating the two towers', () => {
  it('compares them with the other sources on the same queries, and shows what negatives and log-Q do', async () => {
    const settings = { dimension: 16, batchSize: 128, negatives: 64, hardTake: 20, epochs: 4, historyLength: 20 }
    const report = await evaluateTwoTower({ data: plantedData(), ablation: true, seed: 1, threads: 1, settings })
    const { arms, differences, queries, users } = report.metrics.group
    expect(Object.keys(arms)).toEqual(['popularity', 'item-to-item', 'ease', 'two-tower'])
    expect(users).toBe(people)
    expect(queries).toBeGreaterThan(people)
    expect(arms['two-tower']['recall@100']).toBeGreaterThan(0.9)
    expect(differences.popularity['recall@100'].lower).toBeGreaterThan(0)
    expect(report.ablation!.map(({ strategy, logQ }) => `${strategy} ${logQ}`)).toEqual([
      'random true',
      'in-batch true',
      'in-batch false',
      'hard true',
      'hard false',
      'mixed true',
      'mixed false',
    ])
    const text = renderTwoTowerReport(report)
    for (const part of ['item-to-item', 'log-Q', 'At the beginning of a session']) expect(text).toContain(part)
  })
})
