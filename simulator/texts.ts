import { AliasTable } from '../algorithms/statistics/discrete-samplers.ts'
import { createRandom, type RandomSource, splitSeed, uniformInt } from '../algorithms/statistics/random.ts'
import { formats } from './segments.ts'
import { type ThemeWords, themeCount, themes } from './vocabulary.ts'

/** How sharply the words follow the hidden vector, and the share of words that follow nothing. */
const sharpness = 7
const strayShare = 0.15

type Slot = Exclude<keyof ThemeWords, 'name'>
type Say = (slot: Slot) => string

const titlePatterns: readonly ((say: Say) => string)[] = [
  say => `The ${capitalise(say('tones'))} ${capitalise(say('people'))}`,
  say => `The Last ${capitalise(say('things'))}`,
  say => `${capitalise(say('things'))} and ${capitalise(say('things'))}`,
  say => `The ${capitalise(say('people'))} of the ${capitalise(say('places'))}`,
  say => `Beyond the ${capitalise(say('places'))}`,
  say => `${capitalise(article(capitalise(say('things'))))} for the ${capitalise(say('people'))}`,
]

const openings: readonly ((say: Say) => string)[] = [
  say => `In the ${say('places')}, ${article(say('people'))} has to ${say('deeds')}.`,
  say => `When ${article(say('things'))} changes everything, ${article(say('people'))} has to ${say('deeds')}.`,
  say => `${capitalise(article(say('people')))} and ${article(say('people'))} meet in the ${say('places')}.`,
]

const middles: readonly ((say: Say) => string)[] = [
  say => `Between the ${say('things')} and the ${say('things')}, they must ${say('deeds')}.`,
  say => `But the ${say('people')} knows about the ${say('things')}, and nobody will ${say('deeds')} alone.`,
  say => `To ${say('deeds')}, they first have to ${say('deeds')}.`,
]

const closings: readonly ((say: Say, form: string) => string)[] = [
  (say, form) => `${capitalise(article(say('tones')))}, ${say('tones')} ${form} about ${article(say('things'))}.`,
  (say, form) => `${capitalise(article(say('tones')))} ${form}, ${say('tones')} to the last minute.`,
]

export interface Synopsis {
  readonly title: string
  readonly text: string
}

/**
 * Title and overview of one title, words drawn from a mixture over themes that leans the way `vector` leans
 * (softmax of sharpness * vector) with some stray words: the text carries the vector's direction, noisily, never its
 * values.
 */
export function composeSynopsis(seed: number, title: number, vector: Float32Array, format: number): Synopsis {
  const random = createRandom(splitSeed(seed, title))
  const mixture = new AliasTable(vector.map(value => Math.exp(sharpness * value)))
  const say: Say = slot => {
    const theme = random.next() < strayShare ? uniformInt(random, themeCount) : mixture.sample(random)
    return pick(themes[theme][slot], random)
  }
  const sentences = [pick(openings, random)(say), pick(middles, random)(say)]
  if (random.next() < 0.5) sentences.push(pick(middles, random)(say))
  sentences.push(pick(closings, random)(say, formats[format]))
  return { title: pick(titlePatterns, random)(say), text: sentences.join(' ') }
}

const pick = <T>(choices: readonly T[], random: RandomSource): T => choices[uniformInt(random, choices.length)]

const capitalise = (phrase: string): string => phrase[0].toUpperCase() + phrase.slice(1)

const article = (phrase: string): string => `${/^[aeiou]/i.test(phrase) ? 'an' : 'a'} ${phrase}`
