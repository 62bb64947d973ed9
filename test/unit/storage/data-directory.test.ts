import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataDirectory, describeDirectory } from '../../../storage/data-directory.ts'
import type { LockHolder } from '../../../storage/directory-lock.ts'
import { openJournal } from '../../../storage/open-journal.ts'
import { ScriptProcess } from './child-process.ts'
import { eventRecords } from './sample-records.ts'

const clock = { now: () => Date.UTC(2025, 0, 2) }

let parent: string
let root: string
let children: ScriptProcess[]

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sluice-data-'))
  root = join(parent, 'data')
  children = []
})

afterEach(async () => {
  for (const child of children) await child.kill()
  await rm(parent, { recursive: true, force: true })
})

/** @param death the function of node:fs, and the how many-th call of it, at which it is killed */
async function otherProcess(...death: string[]): Promise<ScriptProcess> {
  const child = new ScriptProcess(new URL('./lock.child.ts', import.meta.url), [root, ...death])
  children.push(child)
  expect(await child.line()).toBe('ready')
  return child
}

/** The pid of a process that is no more. */
async function pidOfTheDead(): Promise<number> {
  const child = await otherProcess()
  await child.kill()
  return child.pid
}

async function leaveLock(changes: Partial<LockHolder>): Promise<void> {
  await mkdir(root, { recursive: true })
  const holder = { pid: process.pid, host: hostname(), processStart: null, since: 0, url: null, ...changes }
  await writeFile(join(root, 'lock'), JSON.stringify(holder))
}

describe('a data directory', () => {
  it('is made with its folders, and opened again as it is', async () => {
    DataDirectory.open(root, clock).close()
    const directory = DataDirectory.open(root, clock)
    expect((await readdir(root)).toSorted()).toEqual(['format.json', 'journal', 'lock', 'models', 'state'])
    expect(directory.layout).toMatchObject({ journal: join(root, 'journal'), models: join(root, 'models') })
    directory.close()
    expect(await readdir(root)).not.toContain('lock')
  })

  it('is described without being owned or changed', async () => {
    expect(await describeDirectory(root)).toEqual({
      exists: false,
      empty: true,
      firstSeq: 1,
      lastSeq: 0,
      holder: undefined,
    })
    expect(await readdir(parent)).toEqual([])
    const directory = DataDirectory.open(root, clock)
    const journal = await openJournal(directory.layout.journal, { segmentRecords: 1_000, segmentBytes: 1024 * 1024 })
    await journal.append(eventRecords('e', 3))
    directory.announce('http://127.0.0.1:8080')
    const holder = { pid: process.pid, since: clock.now(), url: 'http://127.0.0.1:8080' }
    expect(await describeDirectory(root)).toMatchObject({ exists: true, empty: false, firstSeq: 1, lastSeq: 3, holder })
    await journal.close()
    directory.close()
    expect(await describeDirectory(root)).toMatchObject({ lastSeq: 3, holder: undefined })
  })

  it('is not made in a directory that holds something else', async () => {
    await mkdir(root)
    await writeFile(join(root, 'thesis.doc'), '')
    expect(() => DataDirectory.open(root, clock)).toThrow(
      expect.objectContaining({ code: 'invalid', message: expect.stringContaining("it holds 'thesis.doc'") }),
    )
    expect(await readdir(root)).toEqual(['thesis.doc'])
  })

  it('is made in a new volume with what its file system put there, and beside settings', async () => {
    await mkdir(join(root, 'lost+found'), { recursive: true })
    await writeFile(join(root, '.keep'), '')
    await writeFile(join(root, 'sluice.toml'), '[http]\nport = 9000\n')
    DataDirectory.open(root, clock).close()
  })

  it.each([
    ['another version made it', '{"format":"sluice-data","version":7}', 'format', 'has format 7, this Sluice reads 1'],
    ['its format file was damaged', '{"format":"slu', 'corrupt', 'format.json can not be understood'],
    ['its format file is something else', 'null', 'corrupt', 'format.json can not be understood'],
  ])('is refused when %s', async (_, text, code, message) => {
    DataDirectory.open(root, clock).close()
    await writeFile(join(root, 'format.json'), text)
    const refusal = expect.objectContaining({ code, message: expect.stringContaining(message) })
    expect(() => DataDirectory.open(root, clock)).toThrow(refusal)
    await expect(describeDirectory(root)).rejects.toEqual(refusal)
    expect(await readdir(root)).not.toContain('lock')
  })

  it('is refused while another process owns it, and taken over when that one was killed', async () => {
    const owner = await otherProcess()
    expect(await owner.ask('open')).toBe('owned')
    expect(() => DataDirectory.open(root, clock)).toThrow(
      expect.objectContaining({
        name: 'DirectoryLockedError',
        code: 'locked',
        holder: expect.objectContaining({ pid: owner.pid, url: 'http://127.0.0.1:8080' }),
        message: expect.stringMatching(/in use by process \d+, serving at http:.* since 20.*Stop that process/),
      }),
    )
    await owner.kill()
    expect((await describeDirectory(root)).holder).toBeUndefined()
    const directory = DataDirectory.open(root, clock)
    expect(JSON.parse(await readFile(directory.layout.lock, 'utf8'))).toMatchObject({ pid: process.pid, url: null })
    directory.close()
  })

  it.skipIf(process.platform !== 'linux')(
    'is taken over from a process that has ended and was not waited for (needs /proc)',
    async () => {
      DataDirectory.open(root, clock).close()
      const parentOfAZombie = spawn('sh', ['-c', 'true & echo $!; exec sleep 20'])
      const [pid] = await once(parentOfAZombie.stdout, 'data')
      await leaveLock({ pid: Number(pid) })
      await expect.poll(() => describeDirectory(root)).toMatchObject({ holder: undefined })
      DataDirectory.open(root, clock).close()
      parentOfAZombie.kill()
    },
  )

  it('goes to one of several processes that find the lock of one that is gone', async () => {
    DataDirectory.open(root, clock).close()
    const starting = await Promise.all(Array.from({ length: 4 }, () => otherProcess()))
    await leaveLock({ pid: await pidOfTheDead() })
    const answers = await Promise.all(starting.map(child => child.ask('open')))
    expect(answers.toSorted()).toEqual(['locked', 'locked', 'locked', 'owned'])
    const winner = starting[answers.indexOf('owned')]!
    expect((await describeDirectory(root)).holder).toMatchObject({ pid: winner.pid })
  })

  it('is refused when this process owns it already', () => {
    const directory = DataDirectory.open(root, clock)
    expect(() => DataDirectory.open(root, clock)).toThrow(expect.objectContaining({ code: 'locked' }))
    directory.close()
    DataDirectory.open(root, clock).close()
  })

  it('leaves the lock of a process alone that took it after it was deleted by hand', async () => {
    const directory = DataDirectory.open(root, clock)
    await rm(directory.layout.lock)
    const other = await otherProcess()
    expect(await other.ask('open')).toBe('owned')
    directory.close()
    expect((await describeDirectory(root)).holder).toMatchObject({ pid: other.pid })
  })

  it('is refused when another machine owns it, whose processes can not be seen', async () => {
    await leaveLock({ host: 'elsewhere', pid: 1 })
    expect(() => DataDirectory.open(root, clock)).toThrow(/in use by process 1 on elsewhere.*delete .*lock/)
  })

  it.skipIf(process.platform !== 'linux')(
    'is taken over from a process whose pid has gone to another (needs /proc)',
    async () => {
      await leaveLock({ processStart: '1' })
      DataDirectory.open(root, clock).close()
    },
  )

  it('is refused with advice when its lock can not be understood', async () => {
    await mkdir(root)
    for (const text of ['{}', 'null']) {
      await writeFile(join(root, 'lock'), text)
      expect(() => DataDirectory.open(root, clock)).toThrow(
        /can not be understood\. If no Sluice uses .* delete the file/,
      )
    }
  })

  it.each(['', '{"pid":1', '\0\0'])('is taken over once a lock that was cut off (%j) is seconds old', async text => {
    DataDirectory.open(root, clock).close()
    const lock = join(root, 'lock')
    await writeFile(lock, text)
    await utimes(lock, clock.now() / 1000 - 1, clock.now() / 1000 - 1)
    expect(() => DataDirectory.open(root, clock)).toThrow(/not written to its end\. Try again in 5 seconds/)
    expect((await describeDirectory(root)).holder).toBeUndefined()
    await utimes(lock, clock.now() / 1000 - 6, clock.now() / 1000 - 6)
    DataDirectory.open(root, clock).close()
  })

  it.each([
    ['found none', 'writeFileSync', 1],
    ['found none', 'linkSync', 1],
    ['found none', 'rmSync', 1],
    ['took over', 'rmSync', 1],
    ['took over', 'writeFileSync', 2],
    ['took over', 'linkSync', 2],
    ['took over', 'rmSync', 2],
    ['took over', 'writeFileSync', 3],
    ['took over', 'renameSync', 1],
    ['took over', 'rmSync', 3],
  ])('opens without a hand after a start that %s a lock was killed in its %s %i', async (found, call, count) => {
    DataDirectory.open(root, clock).close()
    if (found === 'took over') await leaveLock({ pid: await pidOfTheDead() })
    const child = await otherProcess(call, String(count))
    await expect(child.ask('open')).rejects.toThrow('ended without an answer')
    await child.ended()
    const directory = DataDirectory.open(root, clock)
    expect((await readdir(root)).filter(name => name.startsWith('lock'))).toEqual(['lock'])
    directory.close()
  })
})
