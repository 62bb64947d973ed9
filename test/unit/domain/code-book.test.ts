import { describe, expect, test } from 'vitest'
import { CodeBook, CodeBookFull } from '../../../domain/identity/code-book.ts'

describe('CodeBook', () => {
  test('gives codes from 1 in order of first use, and 0 to what it does not know', () => {
    const book = new CodeBook('categories', 10)
    expect([book.codeOf('drama'), book.codeOf('comedy'), book.codeOf('drama')]).toEqual([1, 2, 1])
    expect(book.find('comedy')).toBe(2)
    expect(book.find('western')).toBe(0)
    expect(book.size).toBe(2)
    expect([book.nameOf(0), book.nameOf(1), book.nameOf(2), book.nameOf(3)]).toEqual([
      undefined,
      'drama',
      'comedy',
      undefined,
    ])
  })

  test('says which book is full, and goes on with the names it has', () => {
    const book = new CodeBook('regions', 2, ['AT', 'DE'])
    expect(() => book.codeOf('FR')).toThrow(CodeBookFull)
    expect(() => book.codeOf('FR')).toThrow(/"FR": regions may have 2/)
    expect(book.codeOf('DE')).toBe(2)
    expect(book.find('FR')).toBe(0)
  })

  test('is the same book again when it is made from its entries', () => {
    const book = new CodeBook('languages', 100)
    for (const name of ['de', 'en', '', '日本語']) book.codeOf(name)
    const again = new CodeBook('languages', 100, book.entries())
    expect([...again.entries()]).toEqual(['de', 'en', '', '日本語'])
    expect(again.find('日本語')).toBe(4)
    expect(again.codeOf('fr')).toBe(5)
  })
})
