import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { Importer } from '../../../cli/import/importer.ts'
import { findMovieLens, importMovieLens, itemBody, readMovieLens } from '../../../cli/import/movielens/import.ts'
import { splitGenres, splitNames, splitTitle } from '../../../cli/import/movielens/titles.ts'
import { createRecordReaders } from '../../../cli/import/readers.ts'
import { resolveSettings } from '../../../cli/settings.ts'
import { silentProgress } from '../../../telemetry/progress.ts'
import { FakeEngine, importerParts } from './fake-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-movielens-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ml1m = {
  'movies.dat': "1::Toy Story (1995)::Animation|Children's|Comedy\n73::Misérables, Les (1995)::Drama|Musical\n",
  'users.dat': '1::F::1::10::48067\n2::M::56::16::70072\n',
  'ratings.dat': '2::1::4::978300760\n1::73::2::978300700\n1::1::5::978300760\n',
}

const latest = {
  'movies.csv':
    'movieId,title,genres\r\n1,Toy Story (1995),Comedy\r\n2,"American President, The (1995)",(no genres listed)\r\n',
  'ratings.csv': 'userId,movieId,rating,timestamp\n1,1,4.5,964982703\n1,2,0.5,964982704\n',
}

const metadata =
  '\uFEFFmovie_id,title,overview,runtime,release_date,director,cast_top3,popularity\n' +
  '1,Toy Story,"Toys, alive.\nAt night.",81,1995-11-22,John Lasseter,Tom Hanks|Tim Allen|John Lasseter,19.3\n' +
  '2,Other,,,,,,\n'

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, name.endsWith('.dat') ? 'latin1' : 'utf8')
  }
}

beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
})

async function importAll(withMetadata = false, keepGoing = false) {
  const engine = new FakeEngine()
  const parts = importerParts(engine, keepGoing)
  const settings = resolveSettings({ dataDir: folder, environment: {}, commandLine: {} })
  const metadataPath = withMetadata ? join(folder, 'metadata.csv') : undefined
  const data = await readMovieLens(await findMovieLens(folder), metadataPath, parts.bad, silentProgress)
  const importer = new Importer(parts)
  const { signal } = new AbortController()
  await importMovieLens(data, { ...parts, importer, readers: createRecordReaders(settings), signal })
  await importer.finish()
  return { engine, bad: parts.bad, counts: importer.counts }
}

describe('MovieLens 1M', () => {
  it('becomes items, users and ratings in order of time', async () => {
    write(ml1m)
    const { engine, counts } = await importAll()
    expect(counts).toEqual({ items: 2, users: 2, events: 3, repeated: 0, clamped: 0 })
    expect(engine.items.get('73')).toMatchObject({ title: 'Misérables, Les', categories: ['Drama', 'Musical'] })
    expect(engine.users.get('1')).toMatchObject({ ageBand: 'under 18', labels: ['gender:F', 'occupation:10'] })
    expect(engine.users.get('2')).toMatchObject({ ageBand: '56+', labels: ['gender:M', 'occupation:16'] })
    expect(engine.users.get('1')?.region).toBeUndefined()
    expect(engine.events.map(({ eventId }) => eventId)).toEqual([
      'ml-1m:1:73:978300700',
      'ml-1m:2:1:978300760',
      'ml-1m:1:1:978300760',
    ])
    expect(engine.events[0]).toMatchObject({
      type: 'rating',
      user: '1',
      item: '73',
      value: 2,
      time: 978_300_700_000,
      receivedAt: 978_300_700_000,
    })
  })

  it.each([
    ['ratings.dat', '1::1::5\n', 'ratings.dat, line 1: has 3 fields, but needs 4'],
    ['ratings.dat', '1::1::5::978300760\n1::1::x::978300760\n', 'ratings.dat, line 2, field rating: must be a rating'],
    ['ratings.dat', '1::1::5::\n', 'ratings.dat, line 1, field timestamp: must be seconds since 1970'],
    ['ratings.dat', '1::99::5::978300760\n', 'ratings.dat, line 1, field movieId: no movie has the id 99'],
    ['ratings.dat', 'one::1::5::978300760\n', 'ratings.dat, line 1, field userId: must be a whole number'],
    ['movies.dat', '1::Toy Story (1995)\n', 'movies.dat, line 1: has 2 fields, but needs 3'],
    ['users.dat', '1::F::2::10::48067\n', 'users.dat, line 1, field age: is no age code: "2"'],
  ])('names the line and the field of what is broken in %s: %j', async (file, text, message) => {
    write({ ...ml1m, [file]: text })
    await expect(importAll()).rejects.toThrow(message)
  })

  it('counts what is broken and goes on when told to', async () => {
    write({ ...ml1m, 'ratings.dat': `${ml1m['ratings.dat']}1::99::5::978300760\nrubbish\n` })
    const { bad, counts } = await importAll(false, true)
    expect(counts.events).toBe(3)
    expect(bad.count).toBe(2)
    expect(bad.shown.map(({ place }) => place.line)).toEqual([4, 5])
  })
})

describe('later MovieLens', () => {
  it('reads CSV, and leaves users to their ratings', async () => {
    write(latest)
    const { engine, counts } = await importAll()
    expect(counts).toEqual({ items: 2, users: 0, events: 2, repeated: 0, clamped: 0 })
    expect(engine.items.get('2')).toMatchObject({ title: 'American President, The', categories: [] })
    expect(engine.events[0]).toMatchObject({ eventId: 'ml-latest:1:1:964982703', value: 4.5 })
  })

  it('adds overview, director before cast, and release date from the metadata, and nothing else', async () => {
    write({ ...latest, 'metadata.csv': metadata })
    const { engine } = await importAll(true)
    const { id, title, text, categories, creators, publishedAt, ...rest } = engine.items.get('1')!
    expect({ id, title, text, categories, creators, publishedAt }).toEqual({
      id: '1',
      title: 'Toy Story',
      text: 'Toys, alive.\nAt night.',
      categories: ['Comedy'],
      creators: ['John Lasseter', 'Tom Hanks', 'Tim Allen'],
      publishedAt: Date.UTC(1995, 10, 22),
    })
    expect(Object.values(rest).every(value => value === undefined)).toBe(true)
    expect(engine.items.get('2')).toMatchObject({ text: undefined, creators: [], publishedAt: Date.UTC(1995, 0, 1) })
  })

  it('says which column a header lacks', async () => {
    write({ ...latest, 'ratings.csv': 'userId,movieId,stars,timestamp\n1,1,4,964982703\n' })
    await expect(importAll()).rejects.toThrow("ratings.csv, line 1: the header names no column 'rating'")
  })

  it('names line and column of a misplaced quote', async () => {
    write({ ...latest, 'movies.csv': 'movieId,title,genres\n1,American "President" (1995),Comedy\n' })
    await expect(importAll()).rejects.toThrow('movies.csv, line 2, column 12')
  })

  it('refuses a date that is none', async () => {
    write({ ...latest, 'metadata.csv': metadata.replace('1995-11-22', '1995-02-30') })
    await expect(importAll(true)).rejects.toThrow(
      'metadata.csv, line 2, field release_date: is not a date: "1995-02-30"',
    )
  })
})

describe('the mapping of a movie', () => {
  const movie = { id: 1, line: 1, title: 'Toy Story', year: 1995, genres: ['Comedy'] }

  it('never publishes a movie after its first rating', () => {
    const firstRatedAt = Date.UTC(1995, 5, 1)
    const released = { overview: '', creators: [], releasedAt: Date.UTC(1996, 0, 1) }
    expect(itemBody(movie, released, firstRatedAt).publishedAt).toBe(firstRatedAt)
    expect(itemBody(movie, undefined, firstRatedAt).publishedAt).toBe(Date.UTC(1995, 0, 1))
  })

  it('knows no date for a movie without a year', () => {
    expect(itemBody({ ...movie, year: undefined }, undefined, 0)).not.toHaveProperty('publishedAt')
  })

  it.each([
    ['Toy Story (1995)', { title: 'Toy Story', year: 1995 }],
    ["Associate, The (L'Associe)(1982)", { title: "Associate, The (L'Associe)", year: 1982 }],
    ['Superman/Doomsday (2007) ', { title: 'Superman/Doomsday', year: 2007 }],
    ['Death Note: Desu nôto (2006–2007)', { title: 'Death Note: Desu nôto', year: 2006 }],
    ['Babylon 5', { title: 'Babylon 5' }],
    ['2001: A Space Odyssey (1968)', { title: '2001: A Space Odyssey', year: 1968 }],
  ])('splits %j into title and year', (text, expected) => {
    expect(splitTitle(text)).toEqual(expected)
  })

  it('splits genres and names at bars', () => {
    expect(splitGenres('(no genres listed)')).toEqual([])
    expect(splitGenres("Animation|Children's")).toEqual(['Animation', "Children's"])
    expect(splitNames('A | B||A')).toEqual(['A', 'B'])
  })
})

describe('a folder without MovieLens', () => {
  it('is a usage error that says what is expected', async () => {
    await expect(findMovieLens(folder)).rejects.toMatchObject({ code: 'no_movielens', exitCode: 2 })
  })
})
