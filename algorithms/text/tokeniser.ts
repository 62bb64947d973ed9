/** Letters that Unicode does not decompose into a base letter and a mark, as readers without that letter type them. */
const FOLDED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  ς: 'σ',
}
const FOLDED_LETTER = new RegExp(`[${Object.keys(FOLDED).join('')}]`, 'g')
const BEYOND_ASCII = /[^\0-\x7f]/
/** The diacritics of Latin, Greek and Cyrillic. In Indic scripts and in kana, marks make other letters: they stay. */
const DIACRITICS = /[\u0300-\u036f]+/g
const WORD = /[\p{L}\p{N}\p{M}]/u
/** Scripts that write no space between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u

const UNKNOWN = 0
const SEPARATOR = 1
const LETTER = 2
const UNSPACED_LETTER = 3

/** Class of every UTF-16 code unit that was ever asked for. */
const classes = new Uint8Array(0x10000)

/** Lowercase, compatibility forms unified (as in NFKC), diacritics removed: `Amélie`, `AMELIE` and `amelie` are one. */
export function fold(text: string): string {
  const lower = text.toLowerCase()
  if (!BEYOND_ASCII.test(lower)) return lower
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(DIACRITICS, '')
    .replace(FOLDED_LETTER, letter => FOLDED[letter]!)
    .normalize('NFC')
}

/**
 * Finds the tokens of folded text: runs of letters and digits, and, in scripts without spaces, every pair of adjacent
 * letters (a single one where it stands alone), the usual substitute for a dictionary.
 *
 * Token i is `folded.slice(bounds[2 * i], bounds[2 * i + 1])`. Tokens that do not fit into `bounds` are left out.
 * @returns the number of tokens
 */
export function findTokens(folded: string, bounds: Uint32Array): number {
  const limit = bounds.length - 1
  let written = 0
  let at = 0
  while (at < folded.length && written < limit) {
    const kind = classOf(folded.charCodeAt(at))
    if (kind === SEPARATOR) {
      at++
      continue
    }
    const start = at
    while (at < folded.length && classOf(folded.charCodeAt(at)) === kind) at++
    if (kind === LETTER || at - start === 1) {
      bounds[written++] = start
      bounds[written++] = at
      continue
    }
    for (let pair = start; pair < at - 1 && written < limit; pair++) {
      bounds[written++] = pair
      bounds[written++] = pair + 2
    }
  }
  return written >> 1
}

/** The tokens of a text as strings, for callers off the hot path. */
export function tokenise(text: string): string[] {
  const folded = fold(text)
  const bounds = new Uint32Array(2 * folded.length)
  const count = findTokens(folded, bounds)
  return Array.from({ length: count }, (_, token) => folded.slice(bounds[2 * token], bounds[2 * token + 1]))
}

function classOf(unit: number): number {
  const known = classes[unit]!
  return known === UNKNOWN ? classify(unit) : known
}

/** Halves of a surrogate pair count as letters, which keeps rare scripts and pictographs together as tokens. */
function classify(unit: number): number {
  const character = String.fromCharCode(unit)
  let kind = SEPARATOR
  if (WORD.test(character)) kind = UNSPACED.test(character) ? UNSPACED_LETTER : LETTER
  else if (unit >= 0xd800 && unit <= 0xdfff) kind = LETTER
  classes[unit] = kind
  return kind
}
