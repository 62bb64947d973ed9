import { describe, expect, it } from 'vitest'
import { bprDefaults, trainBpr } from '../../../../models/factorisation/bpr.ts'
import type { Histories } from '../../../../models/histories.ts'

const [users, items] = [40, 20]
const half = items / 2
const settings = { ...bprDefaults, dimension: 8, epochs: 60, seed: 2 }

/** Even users met items of the first half, odd ones of the second, five each. */
function blocks(): Histories {
  const lists = Array.from({ length: users }, (_, user) =>
    Array.from({ length: 5 }, (_, at) => (user % 2) * half + ((Math.floor(user / 2) + at) % half)),
  )
  return {
    users,
    items,
    offsets: Uint32Array.from({ length: users + 1 }, (_, user) => 5 * user),
    itemOf: Uint32Array.from(lists.flat()),
  }
}

describe('BPR', () => {
  it('puts unmet items of a user’s own half before those of the other', () => {
    const { userFactors, itemFactors, itemBiases } = trainBpr(blocks(), settings)
    let [right, all] = [0, 0]
    for (let user = 0; user < users; user++) {
      const score = (item: number) => {
        let sum = itemBiases[item]
        for (let d = 0; d < 8; d++) sum += userFactors[user * 8 + d] * itemFactors[item * 8 + d]
        return sum
      }
      const met = new Set(blocks().itemOf.subarray(5 * user, 5 * user + 5))
      const own = Array.from({ length: half }, (_, at) => (user % 2) * half + at).filter(item => !met.has(item))
      const others = Array.from({ length: half }, (_, at) => (1 - (user % 2)) * half + at)
      for (const mine of own) {
        for (const other of others) {
          all++
          if (score(mine) > score(other)) right++
        }
      }
    }
    expect(right / all).toBeGreaterThan(0.9)
  })

  it('gives the same bits for the same seed and others for another', () => {
    const short = { ...settings, epochs: 2 }
    expect(trainBpr(blocks(), short)).toEqual(trainBpr(blocks(), short))
    expect(trainBpr(blocks(), { ...short, seed: 3 })).not.toEqual(trainBpr(blocks(), short))
  })

  it('ends even for somebody who has met everything', () => {
    const everything = { users: 1, items: 2, offsets: Uint32Array.of(0, 2), itemOf: Uint32Array.of(0, 1) }
    expect(trainBpr(everything, { ...settings, epochs: 1 }).userFactors.every(Number.isFinite)).toBe(true)
  })
})
