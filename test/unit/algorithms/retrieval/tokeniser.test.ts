import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashToken, mix } from '../../../../algorithms/text/hashing.ts'
import { fold, tokenise } from '../../../../algorithms/text/tokeniser.ts'

describe('tokenise', () => {
  it.each([
    ['Amélie, AMÉLIE & Ame\u0301lie', ['amelie', 'amelie', 'amelie']],
    ["Don't look back (1967)", ['don', 't', 'look', 'back', '1967']],
    ['Straße, Ærø, Łódź, Þór', ['strasse', 'aero', 'lodz', 'thor']],
    ['ﬁne ＡＢＣ ½', ['fine', 'abc', '1', '2']],
    ['ИСТОРИЯ игрушек', ['история', 'игрушек']],
    ['İstanbul', ['istanbul']],
    ['千と千尋 1', ['千と', 'と千', '千尋', '1']],
    ['川', ['川']],
    ['がっこう', ['がっ', 'っこ', 'こう']],
    ['हिन्दी फ़िल्म', ['हिन्दी', 'फ़िल्म'].map(word => word.normalize('NFC'))],
    ['대한민국', ['대한민국']],
    ['ΟΔΟΣ οδος', ['οδοσ', 'οδοσ']],
    ['a\u{1F600}b', ['a\u{1F600}b']],
    ['  --  ', []],
    ['', []],
  ])('splits %j into %j', (text, tokens) => {
    expect(tokenise(text)).toEqual(tokens)
  })

  it('finds the same tokens however a text is capitalised or composed', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aÉçñöЖ7 -ΩÅ') }), text => {
        expect(tokenise(text.toUpperCase())).toEqual(tokenise(text))
        expect(tokenise(text.normalize('NFD'))).toEqual(tokenise(text))
      }),
    )
  })

  it('tokens hold no separators, and folding twice changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        for (const token of tokenise(text)) expect(token).toMatch(/^[\p{L}\p{N}\p{M}\p{Cs}\u{10000}-\u{10ffff}]+$/u)
        expect(fold(fold(text))).toBe(fold(text))
      }),
    )
  })
})

describe('hashing', () => {
  const hash = (text: string, seed: number) => hashToken(text, 0, text.length, seed)

  it('hashes a stretch of a text as it would hash that stretch alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.nat(), (before, token, after, seed) => {
        const start = before.length
        expect(hashToken(before + token + after, start, start + token.length, seed)).toBe(hash(token, seed))
      }),
    )
  })

  it('separates seeds, and spreads tokens evenly over buckets and signs', () => {
    const buckets = new Uint32Array(64)
    let negative = 0
    for (let at = 0; at < 64_000; at++) {
      const value = hash(`word${at}`, mix(1))
      buckets[value & 63]!++
      if (value >>> 31 === 1) negative++
    }
    expect(Math.min(...buckets)).toBeGreaterThan(850)
    expect(Math.max(...buckets)).toBeLessThan(1150)
    expect(Math.abs(negative - 32_000)).toBeLessThan(700)
    expect(hash('comedy', mix(1))).not.toBe(hash('comedy', mix(2)))
  })

  it('mixes without collisions', () => {
    const seen = new Set<number>()
    for (let value = 0; value < 100_000; value++) seen.add(mix(value))
    expect(seen.size).toBe(100_000)
  })
})
