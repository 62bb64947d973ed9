import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Recommendation } from '../../domain/recommendation.ts'
import { run, start } from './sluice.ts'

const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const world = ['--titles', '150', '--people', '60', '--days', '15', '--seed', '7']
const feedOf = (out: string) => JSON.parse(out) as Recommendation

describe('a world from the first line to the last signal', () => {
  it('is simulated, imported, trained on, recommended from and served', { timeout: 240_000 }, async () => {
    expect(await run(cwd, ['simulate', ...world, '--out', 'world.jsonl'])).toMatchObject({ code: 0 })
    const lines = readFileSync(join(cwd, 'world.jsonl'), 'utf8').trimEnd().split('\n')

    const imported = JSON.parse((await run(cwd, ['import', 'jsonl', 'world.jsonl', '--json'])).out)
    const all = { items: 150, users: 60, events: lines.length - 210, repeated: 0, clamped: 0, bad: 0 }
    expect(imported).toMatchObject(all)
    const again = JSON.parse((await run(cwd, ['import', 'jsonl', 'world.jsonl', '--json'])).out)
    expect(again).toMatchObject({ events: 0, repeated: imported.events })

    const server = start(cwd, ['serve', '--port', '0'])
    const said = await server.until(/Ctrl-C\n/)
    const url = /http:\/\/\S+/.exec(said)![0]
    expect(said).toMatch(/^Clock: data, stands at 2025-\S+, the last event; --clock real follows the machine$/m)
    const recommended = async (...options: string[]) =>
      feedOf((await run(cwd, ['recommend', 'u3', '--json', ...options])).out)
    expect(await recommended()).toMatchObject({ modelSet: null, degraded: 'ranker' })
    const locked = await run(cwd, ['import', 'jsonl', 'world.jsonl', '--json'])
    expect(locked.code).toBe(1)
    expect(JSON.parse(locked.out).error).toMatchObject({ code: 'locked' })

    const trained = await run(cwd, ['train', '--seed', '3', '--json', '--no-progress'])
    expect(trained).toMatchObject({ code: 0, err: '' })
    const { id } = JSON.parse(trained.out)
    await vi.waitUntil(async () => (await recommended()).modelSet === id, { timeout: 20_000, interval: 100 })
    expect(await (await fetch(`${url}/v1/health/ready`)).json()).toEqual({ ready: true, degraded: [] })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    for (const name of [
      'sluice_event_loop_delay_seconds',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
    ]) {
      expect(metrics).toContain(`# TYPE ${name} `)
    }
    server.process.kill('SIGTERM')
    expect(await server.outcome).toMatchObject({ code: 0 })
    await expect(fetch(url)).rejects.toThrow()

    const feed = await recommended('-n', '5', '--explain')
    expect(feed).toMatchObject({ modelSet: id, partial: false, degraded: null })
    expect(feed.items).toHaveLength(5)
    expect(feed.trace?.paths.map(path => path.id)).toEqual(feed.items.map(item => item.id))
    const explained = await run(cwd, ['recommend', 'u3', '-n', '5', '--explain'])
    for (const heading of ['How each item came here', 'Who removed what', 'Where the time went']) {
      expect(explained.out).toContain(heading)
    }
  })
})

describe('exit codes', () => {
  it('are 0 for help and version', async () => {
    const [help, version] = await Promise.all([run(cwd, ['--help']), run(cwd, ['--version'])])
    expect(help).toMatchObject({ code: 0, err: '' })
    expect(help.out).toContain('Examples:')
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it('are 2 for wrong usage, which names what was meant', async () => {
    const unknown = await run(cwd, ['trian'])
    expect(unknown).toEqual({ code: 2, out: '', err: "error: unknown command 'trian'\nhint: Did you mean train?\n" })
    expect(await run(cwd, ['recommend'])).toMatchObject({ code: 2 })
  })

  it('are 2 for wrong settings, from whichever layer', async () => {
    writeFileSync(join(cwd, 'bad.toml'), '[http]\nport = 99999\n')
    const { code, out } = await run(cwd, ['config', '--config', 'bad.toml', '--json'])
    expect(code).toBe(2)
    const { error } = JSON.parse(out)
    expect(error.code).toBe('invalid_settings')
    expect(error.problems[0]).toMatchObject({ key: 'http.port', value: 99999, layer: 'file', source: 'bad.toml' })
    const variable = await run(cwd, ['config'], { SLUICE_PORTT: '1' })
    expect(variable.code).toBe(2)
    expect(variable.err).toContain('SLUICE_PORT')
  })

  it('are 1 for a broken file, which is named with its line', async () => {
    writeFileSync(join(cwd, 'broken.jsonl'), '{"kind":"item","id":"i","title":"Jaws"}\n{"kind":"item","id":"j"}\n')
    const { code, err } = await run(cwd, ['import', 'jsonl', 'broken.jsonl', '--data-dir', 'broken'])
    expect(code).toBe(1)
    expect(err).toContain('broken.jsonl, line 2, field title: is missing')
    expect(err).toContain('Imported before it: 1 item')
    const kept = await run(cwd, ['import', 'jsonl', 'broken.jsonl', '--data-dir', 'broken', '--keep-going'])
    expect(kept.code).toBe(0)
    expect(kept.out).toContain('broken.jsonl, line 2')
  })

  it('are 1 where there is no data', async () => {
    const { code, out } = await run(cwd, ['recommend', 'u1', '--data-dir', 'nowhere', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out).error.code).toBe('no_data')
  })
})

describe('settings', () => {
  it('come from file, environment and command line, the later over the earlier', async () => {
    writeFileSync(join(cwd, 'some.toml'), '[http]\nport = 1001\nhost = "localhost"\n')
    const args = ['config', '--changed', '--json', '--config', 'some.toml', '--set', 'http.requestsInFlightMax=7']
    const { settings } = JSON.parse((await run(cwd, args, { SLUICE_PORT: '1002' })).out)
    expect(settings.map(({ key, value, layer }: Record<string, unknown>) => [key, value, layer])).toEqual([
      ['http.host', 'localhost', 'file'],
      ['http.port', 1002, 'environment'],
      ['http.requestsInFlightMax', 7, 'command line'],
    ])
  })
})

describe('the demo', () => {
  it('serves a first feed, and goes on with what is there the next time', { timeout: 240_000 }, async () => {
    const args = ['demo', '--once', '--json', '--no-progress', '--port', '0', '--data-dir', 'demo']
    const first = await run(cwd, [...args, ...world])
    expect(first).toMatchObject({ code: 0 })
    const { person, feed } = JSON.parse(first.out)
    expect(feed.items).toHaveLength(10)
    expect(feed.modelSet).toEqual(expect.any(String))
    const second = await run(cwd, args)
    expect(JSON.parse(second.out)).toMatchObject({ person, feed: { modelSet: feed.modelSet } })
    const mixed = await run(cwd, ['import', 'jsonl', 'world.jsonl', '--json', '--data-dir', 'demo'])
    expect([mixed.code, JSON.parse(mixed.out).error.code]).toEqual([1, 'demo_data'])
  })

  it("leaves somebody's data alone", async () => {
    writeFileSync(join(cwd, 'item.jsonl'), '{"kind":"item","id":"i","title":"Jaws"}\n')
    await run(cwd, ['import', 'jsonl', 'item.jsonl', '--data-dir', 'mine'])
    const { code, out } = await run(cwd, ['demo', '--once', '--json', '--data-dir', 'mine'])
    expect(code).toBe(1)
    expect(JSON.parse(out).error.code).toBe('not_empty')
  })
})

const data = process.env.SLUICE_DATA

describe.skipIf(!data)('MovieLens (needs SLUICE_DATA)', () => {
  it('is imported, and nobody is recommended what they have rated', { timeout: 240_000 }, async () => {
    const folder = join(data!, 'ml-latest-small')
    const metadata = join(data!, 'movie-metadata', 'movies.csv')
    const dataDir = ['--data-dir', 'movielens', '--no-progress', '--json']
    const imported = await run(cwd, ['import', 'movielens', folder, '--metadata', metadata, ...dataDir])
    expect(JSON.parse(imported.out)).toMatchObject({ items: 9_742, events: 100_836, bad: 0 })
    const feed = feedOf((await run(cwd, ['recommend', '1', '-n', '50', ...dataDir])).out)
    expect(feed.items).toHaveLength(50)
    const ratings = readFileSync(join(folder, 'ratings.csv'), 'utf8').split('\n')
    const rated = new Set(ratings.filter(line => line.startsWith('1,')).map(line => line.split(',')[1]))
    expect(rated.size).toBeGreaterThan(200)
    expect(feed.items.filter(({ id }) => rated.has(id))).toEqual([])
  })
})
