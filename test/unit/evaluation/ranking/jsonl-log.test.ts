import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJsonlRankingLog } from '../../../../evaluation/ranking/jsonl-log.ts'
import { rankingFeatures } from '../../../../evaluation/ranking/ranking-features.ts'
import { rankerRows, splitByTime } from '../../../../evaluation/ranking/ranking-split.ts'
import { asText } from './impressions.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-ranking-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function read(lines: readonly object[]) {
  const path = join(folder, 'log.jsonl')
  writeFileSync(path, asText(lines))
  return readJsonlRankingLog(path)
}

const line = { user: 'a', item: 'x', time: 1, outcomes: { click: 1 } }

describe('impressions as JSON lines', () => {
  it('are brought into the order of time, with requests and positions where every line has one', async () => {
    const lines = [2, 1].map(time => ({ ...line, item: `x${time}`, time, request: 'r', position: time }))
    const { times, positions, requests, requestMeaning } = await read(lines)
    expect([...times]).toEqual([1, 2])
    expect([...positions!]).toEqual([1, 2])
    expect(requests[0]).toBe(requests[1])
    expect(requestMeaning).toBe('what the lines name so')
    const { positions: none, requestMeaning: day } = await read([...lines, line])
    expect(none).toBeUndefined()
    expect(day).toContain('one day')
  })

  it('mask outcomes that a line does not tell', async () => {
    const log = await read([line, { ...line, time: 2, outcomes: { like: 0 } }])
    const rows = rankerRows(log, rankingFeatures(log, 0), { begin: 0, end: 2 }, [0, 1])
    expect([...rows.weights]).toEqual([1, 0, 0, 1])
    expect([...rows.labels]).toEqual([1, 0, 0, 0])
  })

  it('are refused with the line when they make no sense', async () => {
    await expect(read([line, { ...line, outcomes: { click: 2 } }])).rejects.toThrow('2')
    await expect(read([{ ...line, user: '' }])).rejects.toThrow('user')
    await expect(read([{ ...line, position: -1 }])).rejects.toThrow('position')
    await expect(read([])).rejects.toThrow()
  })
})

describe('the split by time', () => {
  it('keeps the order training, validation, test, and rows of one moment together', async () => {
    const log = await read(Array.from({ length: 100 }, (_, row) => ({ ...line, time: Math.floor(row / 3) })))
    const { training, validation, test } = splitByTime(log, 0)
    expect([training.begin, training.end, validation.end, test.end]).toEqual([0, validation.begin, test.begin, 100])
    for (const boundary of [training.end, test.begin])
      expect(log.times[boundary]).toBeGreaterThan(log.times[boundary - 1])
    expect(test.end - test.begin).toBeLessThanOrEqual(20)
  })
})
