import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readKnownEvents } from '../../../cli/import/known-events.ts'
import { resolveSettings } from '../../../cli/settings.ts'
import type { JournalRecord } from '../../../domain/journal.ts'
import { openJournal } from '../../../storage/open-journal.ts'
import { storageSettings } from '../../../storage/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-known-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const eventRecord = (eventId: string): JournalRecord => ({
  kind: 'event',
  at: 1,
  event: { eventId, type: 'click', user: 'u', item: 'i', time: 1, roles: 2, receivedAt: 1 },
})

describe('known events', () => {
  it('are none where there is no journal', async () => {
    expect((await readKnownEvents(join(folder, 'none'))).has('e1')).toBe(false)
  })

  it('are those of the journal, and no others', async () => {
    const path = join(folder, 'journal')
    const settings = resolveSettings({ dataDir: folder, environment: {}, commandLine: {} })
    const journal = await openJournal(path, settings.of(storageSettings))
    const ids = Array.from({ length: 300 }, (_, n) => `e${n}`)
    await journal.append(ids.map(eventRecord))
    await journal.append([{ kind: 'epoch', at: 1 }])
    await journal.close()
    const known = await readKnownEvents(path)
    expect(ids.filter(id => !known.has(id))).toEqual([])
    expect(Array.from({ length: 300 }, (_, n) => `f${n}`).filter(id => known.has(id))).toEqual([])
  })
})
