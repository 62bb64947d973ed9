import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { LmdbOnlineStore } from '../../storage/lmdb-online-store.ts'
import { ScriptProcess } from '../unit/storage/child-process.ts'

it('an online store whose process is killed holds the last acknowledged commit or a later one, whole', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-kill-store-'))
  const path = join(directory, 'online.mdb')
  let last = 0
  for (const afterMs of [3, 17, 40, 71]) {
    const script = new URL('./journal-kill-online-store.child.ts', import.meta.url)
    const child = new ScriptProcess(script, [path, `${last + 1}`])
    await child.line()
    await sleep(afterMs)
    await child.kill()

    const store = await LmdbOnlineStore.open(path, 16 * 1024 * 1024)
    const number = Number(Buffer.from(store.get('markers', 'number')!).toString())
    expect(number).toBeGreaterThanOrEqual(Number(child.lines.at(-1)))
    for (const space of ['left', 'right']) {
      const values = Array.from(store.range(space), ([, value]) => new Set(value))
      expect(values).toEqual(Array.from({ length: 50 }, () => new Set([number % 251])))
    }
    await store.close()
    last = number
  }
  await rm(directory, { recursive: true, force: true })
})
