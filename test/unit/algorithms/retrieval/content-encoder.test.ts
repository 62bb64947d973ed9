import { describe, expect, it } from 'vitest'
import { CONTENT_ENCODER_DEFAULTS, ContentEncoder } from '../../../../algorithms/text/content-encoder.ts'
import type { ContentDocument } from '../../../../algorithms/text/hashed-tf-idf.ts'
import { mulberry32 } from './clustered-vectors.ts'

const TOPICS: Readonly<Record<string, readonly string[]>> = {
  space: ['rocket', 'planet', 'astronaut', 'orbit', 'galaxy', 'alien', 'crew', 'moon', 'starship', 'gravity'],
  crime: ['detective', 'murder', 'police', 'heist', 'witness', 'mafia', 'prison', 'lawyer', 'killer', 'evidence'],
  romance: ['wedding', 'love', 'kiss', 'heart', 'bride', 'letter', 'paris', 'affair', 'marriage', 'date'],
  war: ['soldier', 'battle', 'trench', 'general', 'army', 'tank', 'invasion', 'platoon', 'enemy', 'bomb'],
}
const FILLER = ['the', 'a', 'one', 'finds', 'must', 'with', 'his', 'her', 'after', 'who', 'when', 'returns', 'story']
const options = { ...CONTENT_ENCODER_DEFAULTS, dimension: 16, buckets: 4096 }
const names = Object.keys(TOPICS)

const empty: ContentDocument = { title: '', text: '', categories: [], creators: [], labels: [] }

/** Documents that speak of one topic, each in only a few of its words. */
function corpus(count: number, seed: number): { topic: string; document: ContentDocument }[] {
  const random = mulberry32(seed)
  const pick = (words: readonly string[]) => words[Math.floor(words.length * random())]!
  return Array.from({ length: count }, (_, at) => {
    const topic = names[at % names.length]!
    const text = Array.from({ length: 14 }, () => (random() < 0.4 ? pick(TOPICS[topic]!) : pick(FILLER))).join(' ')
    return {
      topic,
      document: { ...empty, title: `${pick(TOPICS[topic]!)} ${at}`, text, creators: [`person ${at % 40}`] },
    }
  })
}

function encode(encoder: ContentEncoder, document: ContentDocument): Float32Array {
  const out = new Float32Array(encoder.dimension).fill(7)
  encoder.encode(document, out)
  return out
}
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, j) => sum + value * b[j]!, 0)

describe.each([{ isSigned: true }, { isSigned: false }])('ContentEncoder, signed hashing $isSigned', ({ isSigned }) => {
  const documents = corpus(400, 1)
  const encoder = ContentEncoder.fit(
    documents.map(entry => entry.document),
    { ...options, isSigned },
    5,
  )

  it('places unseen texts nearer to their own topic than to others', () => {
    const unseen = corpus(80, 2).map(({ topic, document }) => ({ topic, vector: encode(encoder, document) }))
    let same = 0
    let sameCount = 0
    let other = 0
    let otherCount = 0
    let nearestIsSame = 0
    for (const a of unseen) {
      let best = { score: -2, topic: '' }
      for (const b of unseen) {
        if (a === b) continue
        const score = cosine(a.vector, b.vector)
        if (score > best.score) best = { score, topic: b.topic }
        if (a.topic === b.topic) {
          same += score
          sameCount++
        } else {
          other += score
          otherCount++
        }
      }
      if (best.topic === a.topic) nearestIsSame++
    }
    expect(same / sameCount).toBeGreaterThan(other / otherCount + 0.4)
    expect(nearestIsSame / unseen.length).toBeGreaterThan(0.95)
  })

  it('relates single words that are used in the same company', () => {
    const fitted = documents.map(entry => entry.document)
    const coarse = ContentEncoder.fit(fitted, { ...options, isSigned, dimension: 4 }, 5)
    const rocket = encode(coarse, { ...empty, text: 'rocket' })
    const related = cosine(rocket, encode(coarse, { ...empty, text: 'galaxy' }))
    expect(related).toBeGreaterThan(cosine(rocket, encode(coarse, { ...empty, text: 'murder' })) + 0.4)
  })

  it('gives unit vectors', () => {
    for (const { document } of documents.slice(0, 50)) {
      const vector = encode(encoder, document)
      expect(cosine(vector, vector)).toBeCloseTo(1, 5)
    }
  })

  it('gives the zero vector, and says so, where there is no word or none it knows', () => {
    const out = new Float32Array(16).fill(1)
    for (const document of [empty, { ...empty, text: ' ... ' }, { ...empty, categories: ['', ' '] }]) {
      expect(encoder.encode(document, out)).toBe(false)
      expect(out).toEqual(new Float32Array(16))
    }
    expect(encoder.encode({ ...empty, text: 'zyzzyva' }, out)).toBe(out.some(value => value !== 0))
    expect(encoder.encode({ ...empty, text: 'rocket' }, out)).toBe(true)
  })

  it('does not let one document change the encoding of the next', () => {
    const [first, second] = [documents[0]!.document, documents[1]!.document]
    const alone = encode(encoder, second)
    encode(encoder, first)
    expect(encode(encoder, second)).toEqual(alone)
  })

  it('is deterministic given the seed, and the same again from its state', () => {
    const again = ContentEncoder.fit(
      documents.map(entry => entry.document),
      { ...options, isSigned },
      5,
    )
    expect(again.toState()).toEqual(encoder.toState())
    const restored = ContentEncoder.fromState(structuredClone(encoder.toState()))
    for (const { document } of corpus(20, 3)) expect(encode(restored, document)).toEqual(encode(encoder, document))
  })
})

describe('ContentEncoder fields', () => {
  const war = (at: number) => ({ ...empty, categories: ['War'], text: TOPICS.war![at % 10]! })
  const love = (at: number) => ({ ...empty, categories: ['Romance'], text: TOPICS.romance![at % 10]! })
  const documents = Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? war(at) : love(at)))
  const mixed = { ...empty, categories: ['War'], text: 'wedding love bride' }
  const nearness = (categories: number) => {
    const fieldWeights = { ...CONTENT_ENCODER_DEFAULTS.fieldWeights, categories }
    const encoder = ContentEncoder.fit(documents, { ...options, dimension: 4, fieldWeights }, 1)
    return cosine(encode(encoder, mixed), encode(encoder, { ...empty, text: 'soldier battle', categories: ['War'] }))
  }

  it('weigh as the options say', () => {
    expect(nearness(5)).toBeGreaterThan(nearness(0.2) + 0.2)
  })

  it('are told apart: the same word as a category and in the text is not the same', () => {
    const encoder = ContentEncoder.fit(
      [
        { ...empty, categories: ['War'] },
        { ...empty, text: 'peace' },
      ],
      options,
      1,
    )
    const out = new Float32Array(16)
    expect(encoder.encode({ ...empty, categories: ['WAR'] }, out)).toBe(true)
    expect(encoder.encode({ ...empty, text: 'war' }, out)).toBe(false)
  })

  it('that are weighted 0 are left out', () => {
    const fieldWeights = { ...options.fieldWeights, creators: 0 }
    const encoder = ContentEncoder.fit(
      [{ ...empty, creators: ['Ann Lee'], title: 'x' }],
      { ...options, fieldWeights },
      1,
    )
    expect(encoder.encode({ ...empty, creators: ['Ann Lee'] }, new Float32Array(16))).toBe(false)
  })
})

describe('ContentEncoder errors', () => {
  it('says what it cannot fit or restore', () => {
    expect(() => ContentEncoder.fit([], options, 1)).toThrow(/at least one document/)
    expect(() => ContentEncoder.fit([empty], { ...options, buckets: 1000 }, 1)).toThrow(/power of two/)
    const state = ContentEncoder.fit([empty], options, 1).toState()
    expect(() => ContentEncoder.fromState({ ...state, idf: new Float32Array(3) })).toThrow(/do not go with 3/)
  })

  it('fits documents without words, to which everything is zero', () => {
    const encoder = ContentEncoder.fit([empty, empty], options, 1)
    expect(encoder.encode({ ...empty, text: 'rocket' }, new Float32Array(16))).toBe(false)
  })
})
