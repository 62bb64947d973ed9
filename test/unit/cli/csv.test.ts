import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvReader, type CsvRow } from '../../../cli/import/csv.ts'
import { readLines } from '../../../storage/lines.ts'

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function parse(text: string, chunkSize = 7): Promise<CsvRow[]> {
  const reader = new CsvReader()
  const rows: CsvRow[] = []
  for await (const lines of readLines(chunksOf(Buffer.from(text), chunkSize), 'utf8', 1000)) {
    for (const line of lines) {
      const row = reader.read(line)
      if (row !== undefined) rows.push(row)
    }
  }
  const last = reader.end()
  return last === undefined ? rows : [...rows, last]
}

const fieldsOf = (rows: readonly CsvRow[]) => rows.map(({ fields }) => fields)

describe('CSV', () => {
  it('reads quoted fields with commas, doubled quotes and line ends', async () => {
    const rows = await parse('id,title\n1,"Girl, Interrupted"\n2,"The ""Real"" One"\n3,"two\nlines"\n')
    expect(fieldsOf(rows)).toEqual([
      ['id', 'title'],
      ['1', 'Girl, Interrupted'],
      ['2', 'The "Real" One'],
      ['3', 'two\nlines'],
    ])
  })

  it('drops a byte order mark, takes CRLF, and needs no line end at the end', async () => {
    expect(fieldsOf(await parse('\uFEFFid,title\r\n1,Jaws\r\n2,Alien'))).toEqual([
      ['id', 'title'],
      ['1', 'Jaws'],
      ['2', 'Alien'],
    ])
  })

  it('keeps empty fields, and passes over empty lines', async () => {
    expect(fieldsOf(await parse('a,,\n\n,"",c\n'))).toEqual([
      ['a', '', ''],
      ['', '', 'c'],
    ])
  })

  it('gives each row the line on which it begins', async () => {
    const rows = await parse('a\n"b\nb\nb"\nc\n')
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 5])
  })

  it.each([
    ['a,b"c\nd\n', { line: 1, column: 4 }],
    ['a,"b"c\nd\n', { line: 1, column: 5 }],
    ['x\na,"b\n"c,d\n', { line: 3, column: 1 }],
  ])('names the place of a misplaced quote, and goes on with the next line: %j', async (text, place) => {
    const rows = await parse(text)
    const faulty = rows.find(({ fault }) => fault !== undefined)
    expect(faulty?.fault).toMatchObject(place)
    expect(faulty?.fault?.problem).toContain('quote')
    if (text.endsWith('d\n') && !text.startsWith('x')) expect(rows.at(-1)?.fields).toEqual(['d'])
  })

  it('names the place of a quote that is never closed', async () => {
    const rows = await parse('a,b\nc,"d\ne,f\n')
    expect(rows.at(-1)?.fault).toEqual({ line: 2, column: 3, problem: 'a quoted field begins here and never ends' })
  })

  it('gives back what was written, however it is cut into pieces', async () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', '🎬', ',', '"', '\n', ' ') })
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 9 }), async (rows, chunkSize) => {
        const text = rows.map(row => row.map(value => `"${value.replaceAll('"', '""')}"`).join(',')).join('\n')
        expect(fieldsOf(await parse(text, chunkSize))).toEqual(rows)
      }),
    )
  })
})

describe('lines', () => {
  const collect = async (bytes: Uint8Array, encoding: 'utf8' | 'latin1', size = 3, max = 100) => {
    const lines = []
    for await (const block of readLines(chunksOf(bytes, size), encoding, max)) lines.push(...block)
    return lines
  }

  it('reads latin-1 as it is', async () => {
    const bytes = Buffer.from('73::Misérables, Les (1995)::Drama\n', 'latin1')
    expect((await collect(bytes, 'latin1'))[0].text).toBe('73::Misérables, Les (1995)::Drama')
  })

  it('marks a line that is not UTF-8 instead of replacing what it cannot read', async () => {
    const bytes = Buffer.concat([Buffer.from('good\n'), Buffer.from([0xe9, 0x0a]), Buffer.from('é\n')])
    const lines = await collect(bytes, 'utf8')
    expect(lines.map(({ fault }) => fault)).toEqual([undefined, 'is not valid UTF-8', undefined])
    expect(lines[2].text).toBe('é')
  })

  it('marks a line that is too long, and reads on behind it', async () => {
    const lines = await collect(Buffer.from(`${'x'.repeat(50)}\nshort\n`), 'utf8', 7, 20)
    expect(lines.map(({ number, text }) => [number, text])).toEqual([
      [1, ''],
      [2, 'short'],
    ])
    expect(lines[0].fault).toBe('has 50 bytes, at most 20 are allowed')
  })

  it('numbers lines however the bytes are cut into pieces', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n') })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 5 }), async (written, size) => {
        const expected = written.split('\n')
        if (expected.at(-1) === '') expected.pop()
        const lines = await collect(Buffer.from(written), 'utf8', size)
        expect(lines.map(line => line.text)).toEqual(expected)
        expect(lines.map(line => line.number)).toEqual(expected.map((_, i) => i + 1))
      }),
    )
  })
})
