import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openJournal } from '../../storage/open-journal.ts'
import { ScriptProcess } from '../unit/storage/child-process.ts'

/** `SLUICE_KILLS` for a long run by hand. The moments come from the seed, what the process is doing then does not. */
const kills = Number(process.env.SLUICE_KILLS ?? 6)
const seed = 20_251

interface Acknowledged {
  readonly call: string
  readonly size: number
  readonly first: number
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-kill-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Lehmer's generator: enough to spread the moments. */
function* moments(state: number): Generator<number, never> {
  while (true) {
    state = (state * 48_271) % 2_147_483_647
    yield 2 + (state % 120)
  }
}

/** One round: a process appends until it is killed. Resolves to what it had acknowledged. */
async function appendUntilKilled(round: number, afterMs: number): Promise<Acknowledged[]> {
  const child = new ScriptProcess(new URL('./journal-kill.child.ts', import.meta.url), [directory, `${round}`])
  await child.line()
  await sleep(afterMs)
  await child.kill()
  return child.lines.map(line => {
    const [call, size, first] = line.split(' ').map(Number) as [number, number, number]
    return { call: `${round}/${call}/${size}`, size, first }
  })
}

it(`a journal whose process is killed keeps every acknowledged record, in place, and no part of a call (${kills} kills, seed ${seed})`, {
  timeout: 30_000 + kills * 2_000,
}, async () => {
  const acknowledged: Acknowledged[] = []
  const moment = moments(seed)
  for (let round = 0; round < kills; round++) {
    acknowledged.push(...(await appendUntilKilled(round, moment.next().value)))
    const log = await openJournal(directory, { segmentRecords: 400, segmentBytes: 1024 * 1024 })
    const ids: string[] = []
    for (const { seq, record } of log.read(1, { kinds: ['event'] })) {
      expect(seq).toBe(ids.push(record.event.eventId))
    }
    expect(log.lastSeq).toBe(ids.length)
    await log.close()

    for (const { call, size, first } of acknowledged) {
      expect(ids.slice(first - 1, first - 1 + size)).toEqual(idsOf(call))
    }
    // Read as calls that stand next to each other whole, nothing is left over.
    for (let next = 0; next < ids.length; ) {
      const call = idsOf(ids[next]!.slice(0, ids[next]!.indexOf(':')))
      expect(ids.slice(next, next + call.length)).toEqual(call)
      next += call.length
    }
  }
  expect(acknowledged.length).toBeGreaterThan(kills)
})

function idsOf(call: string): string[] {
  const size = Number(call.slice(call.lastIndexOf('/') + 1))
  return Array.from({ length: size }, (_, i) => `${call}:${i}`)
}
