import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashId, IdDictionary, InvalidId, idBytesMax } from '../../../domain/identity/id-dictionary.ts'

/** Ids that are easy to confuse: shared prefixes, lengths around a word, zero bytes, other scripts, the longest. */
const nastyIds = [
  '',
  '\0',
  '\0\0',
  'a',
  'a\0',
  'ab',
  'abc',
  'abcd',
  'abcde',
  'abcd\0',
  '\uFEFFbyte order mark',
  '\uFFFD',
  'é',
  'e\u0301',
  '漢字',
  '🙂',
  '👩‍👩‍👧',
  'x'.repeat(255),
  'x'.repeat(256),
  `${'x'.repeat(252)}🙂`,
  '漢'.repeat(85),
]

const anyId = fc.oneof(
  fc.constantFrom(...nastyIds),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.nat({ max: 300 }).map(n => `shared-prefix-${n}`),
)

describe('IdDictionary', () => {
  test('numbers ids in order of interning, as a Map would', () => {
    fc.assert(
      fc.property(fc.array(anyId, { maxLength: 400 }), ids => {
        const dictionary = new IdDictionary()
        const model = new Map<string, number>()
        for (const id of ids) {
          expect(dictionary.find(id)).toBe(model.get(id) ?? -1)
          if (!model.has(id)) model.set(id, model.size)
          expect(dictionary.intern(id)).toBe(model.get(id))
        }
        expect(dictionary.size).toBe(model.size)
        for (const [id, ordinal] of model) {
          expect(dictionary.find(id)).toBe(ordinal)
          expect(dictionary.idOf(ordinal)).toBe(id)
          expect(dictionary.hashOf(ordinal)).toBe(hashId(id))
        }
      }),
    )
  })

  test('gives every string back as it came, or refuses it', () => {
    const anyUnits = fc.array(fc.nat({ max: 0xffff }), { maxLength: 12 }).map(units => String.fromCharCode(...units))
    fc.assert(
      fc.property(anyUnits, id => {
        const dictionary = new IdDictionary()
        if (id.isWellFormed()) expect(dictionary.idOf(dictionary.intern(id))).toBe(id)
        else expect(() => dictionary.intern(id)).toThrow(InvalidId)
      }),
    )
  })

  test.each([
    ['half of a surrogate pair', 'a\uD83D'],
    ['257 bytes of ASCII', 'x'.repeat(idBytesMax + 1)],
    ['258 bytes in 86 characters', '漢'.repeat(86)],
  ])('refuses %s, and does not find it', (_, id) => {
    const dictionary = new IdDictionary()
    dictionary.intern('a\uFFFD')
    dictionary.intern('x'.repeat(idBytesMax))
    dictionary.intern('漢'.repeat(85))
    expect(() => dictionary.intern(id)).toThrow(InvalidId)
    expect(() => hashId(id)).toThrow(InvalidId)
    expect(dictionary.find(id)).toBe(-1)
    expect(dictionary.size).toBe(3)
  })

  test('keeps 200,000 ids apart while its arenas and partitions grow', () => {
    const dictionary = new IdDictionary()
    const idOf = (i: number) => `catalogue/title-${(i * 7919).toString(36)}`
    for (let i = 0; i < 200_000; i++) dictionary.intern(idOf(i))
    expect(dictionary.size).toBe(200_000)
    for (let i = 0; i < 200_000; i++) {
      if (dictionary.find(idOf(i)) !== i || dictionary.idOf(i) !== idOf(i)) expect.fail(`lost ${idOf(i)}`)
    }
    expect(dictionary.find(idOf(200_000))).toBe(-1)
  })

  test('goes on where it was when its buffers are handed over', () => {
    const first = new IdDictionary()
    for (const id of nastyIds) first.intern(id)
    const second = new IdDictionary(structuredClone(first.handles()))
    for (const [ordinal, id] of nastyIds.entries()) expect(second.find(id)).toBe(ordinal)
    for (let i = 0; i < 30_000; i++) expect(second.intern(`later-${i}`)).toBe(nastyIds.length + i)
    for (const [ordinal, id] of nastyIds.entries()) expect(second.idOf(ordinal)).toBe(id)
  })

  test('throws for an ordinal that was never given', () => {
    const dictionary = new IdDictionary()
    dictionary.intern('only')
    expect(() => dictionary.idOf(1)).toThrow(RangeError)
    expect(() => dictionary.hashOf(-1)).toThrow(RangeError)
  })
})

describe('hashId', () => {
  test.each([
    ['', 0],
    ['test', 0xba6bd213],
    ['hello', 0x248bfa47],
    ['Hello, world!', 0xc0363e43],
    ['hello, world', 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
  ])('is MurmurHash3 of %j', (id, expected) => {
    expect(hashId(id)).toBe(expected)
  })

  test('spreads sequential ids evenly over 16 partitions', () => {
    const counts = new Array<number>(16).fill(0)
    for (let i = 0; i < 16_000; i++) counts[hashId(`item-${i}`) % 16]++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
