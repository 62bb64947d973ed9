import { ZipfSampler } from '../algorithms/statistics/discrete-samplers.ts'
import { createRandom, type RandomSource, splitSeed, uniformInt } from '../algorithms/statistics/random.ts'
import { sampleNormal } from '../algorithms/statistics/samplers.ts'
import { addScaled, normalise } from './vectors.ts'
import { themeCount } from './vocabulary.ts'

const titlesPerCreator = 7
/** Exponent of the law of productivity: a few creators make many titles, most make one or two. */
const productivityExponent = 0.75

/** Who makes the titles: hidden vectors over the themes, and fame that their audience carries from title to title. */
export interface Creators {
  readonly count: number
  /** [count × themes], unit rows. */
  readonly vectors: Float32Array
  readonly fame: Float32Array
  /** Draws the maker of a new title. */
  readonly pick: (random: RandomSource) => number
}

export function createCreators(seed: number, titles: number): Creators {
  const random = createRandom(splitSeed(seed, 'creators'))
  const count = Math.max(10, Math.round(titles / titlesPerCreator))
  const vectors = new Float32Array(count * themeCount)
  const fame = new Float32Array(count)
  const row = new Float32Array(themeCount)
  for (let i = 0; i < count; i++) {
    row.fill(0)
    row[uniformInt(random, themeCount)] += 1
    row[uniformInt(random, themeCount)] += 0.6
    for (let k = 0; k < themeCount; k++) row[k] += sampleNormal(random, 0, 0.12)
    addScaled(vectors.subarray(i * themeCount, (i + 1) * themeCount), normalise(row), 1)
    fame[i] = sampleNormal(random)
  }
  const productivity = new ZipfSampler(count, productivityExponent)
  return { count, vectors, fame, pick: source => productivity.sample(source) }
}

const givenNames =
  'Ada,Bela,Chiara,Dario,Elif,Farah,Goran,Hana,Ilse,Jonas,Kofi,Lucia,Mateo,Nadia,Omar,Petra,Quentin,Rosa'.split(',')
const onsets = 'Ba,Ber,Cal,Dor,Fen,Gal,Har,Kes,Lan,Mar,Nor,Os,Pel,Ran,Sal,Tor,Ul,Ver,Win,Zam'.split(',')
const syllables = 'a,ari,bo,den,el,fo,gi,han,iko,ka,lin,mo,ne,os,ra,sen,ti,va,wi,zo'.split(',')

/** A name that no other creator has: the surname spells the index. */
export function creatorName(index: number): string {
  let rest = Math.floor(index / onsets.length)
  let surname = onsets[index % onsets.length]
  do {
    surname += syllables[rest % syllables.length]
    rest = Math.floor(rest / syllables.length)
  } while (rest > 0)
  return `${givenNames[(index * 7) % givenNames.length]} ${surname}`
}
