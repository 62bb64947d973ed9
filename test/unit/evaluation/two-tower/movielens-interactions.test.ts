import { describe, expect, it } from 'vitest'
import type { MovieLensData } from '../../../../cli/import/movielens/import.ts'
import { movieLensInteractions } from '../../../../cli/import/movielens/interactions.ts'
import { testSettings } from '../../../fakes/samples.ts'

const data = {
  folder: { name: 'ml-1m' },
  movies: new Map([
    [7, { id: 7, line: 1, title: 'Heat', year: 1995, genres: ['Crime'] }],
    [9, { id: 9, line: 2, title: 'Ran', genres: ['Drama'] }],
  ]),
  metadata: new Map([[7, { overview: 'A thief.', creators: ['Michael Mann'] }]]),
  users: [{ id: 3, line: 1, ageBand: '25-34', labels: ['gender:F'] }],
  ratings: {
    count: 3,
    user: Float64Array.of(3, 5, 3, 0),
    movie: Float64Array.of(9, 7, 7, 0),
    value: Float32Array.of(4, 2, 3, 0),
    seconds: Float64Array.of(20, 10, 20, 0),
    line: new Uint32Array(4),
  },
} as unknown as MovieLensData

describe('a MovieLens folder as interactions', () => {
  it('has its ratings in order of time, what was liked and disliked, and everybody who rated', () => {
    const { items, users, user, item, time, weight, liked } = movieLensInteractions(data, testSettings())
    expect(items.map(({ id, text, creators }) => [id, text, creators])).toEqual([
      ['7', 'A thief.', ['Michael Mann']],
      ['9', undefined, []],
    ])
    expect(users).toEqual([{ id: '3', ageBand: '25-34', labels: ['gender:F'] }, { id: '5' }])
    expect([...user]).toEqual([1, 0, 0])
    expect([...item]).toEqual([0, 1, 0])
    expect([...time]).toEqual([10_000, 20_000, 20_000])
    expect([...liked]).toEqual([0, 1, 0])
    expect([...weight]).toEqual([-1, 2.5, 1.5])
  })
})
