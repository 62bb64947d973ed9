/** Takes a ranker that was made elsewhere: looks at its signature, tries it, and makes it answer as serving asks. */
import { normalAt } from '../engine/random.ts'
import { type Adaptation, adaptOutput } from './adapt-output.ts'
import { ForeignSession, type Refuse } from './foreign-session.ts'
import { describeRanker, ForeignModelRefused, type RankerSignature } from './signatures.ts'

export interface ForeignRanker {
  /** As it is served: `features` [rows, F] → `logits` [rows, K]. */
  readonly onnx: Uint8Array
  readonly output: Adaptation['output']
  /** The objectives that it knows; the others get logit 0 and count as untrained. */
  readonly objectives: readonly string[]
}

/** Sums in another order differ by this share of the logit; what a neighbour changes differs by more. */
const tolerance = 1e-4
const triedRows = 7
const probeKey = 0x51ce

/**
 * @param columns objectives that the model's columns stand for, in their order; default: all
 * @throws ForeignModelRefused
 */
export async function takeForeignRanker(
  onnx: Uint8Array,
  signature: RankerSignature,
  columns: readonly string[] = signature.objectives,
): Promise<ForeignRanker> {
  const { objectives } = signature
  const unknown = columns.find(name => !objectives.includes(name))
  if (unknown !== undefined) refuserOf(signature)(`there is no objective '${unknown}'`)
  if (columns.length === 0 || new Set(columns).size < columns.length) {
    refuserOf(signature)(`the objectives '${columns.join(',')}' are none or not distinct`)
  }
  const output = await tryOut(onnx, { ...signature, objectives: columns })
  if (output === 'logits' && columns.join() === objectives.join()) return { onnx, output, objectives }
  const adapted = adaptOutput(onnx, { output, columns, objectives })
  await tryOut(adapted, signature)
  return { onnx: adapted, output, objectives: columns }
}

function refuserOf(signature: RankerSignature): Refuse {
  return problem => {
    throw new ForeignModelRefused('ranker', problem, describeRanker(signature))
  }
}

/** Runs it on no row, one, and several, alone and beside others. @returns which output it has */
function tryOut(onnx: Uint8Array, signature: RankerSignature): Promise<Adaptation['output']> {
  const refuse = refuserOf(signature)
  const [width, columns] = [signature.features.length, signature.objectives.length]
  return ForeignSession.inspect(onnx, refuse, async model => {
    model.expectInput('features', width)
    const output = model.expectOutput(['logits', 'probabilities'], columns, 'any')
    const ask = (features: Float32Array) =>
      model.ask('features', features, width, output, [features.length / width, columns])
    const features = Float32Array.from({ length: triedRows * width }, (_, at) => normalAt(probeKey, at))
    await ask(new Float32Array(0))
    const together = await ask(features)
    checkValues(together, output, refuse)
    for (let row = 0; row < triedRows; row++) {
      const alone = features.slice(row * width, (row + 1) * width)
      const beside = Float32Array.from([...alone, ...new Float32Array(width).fill(100 * (row + 1))])
      const expected = together.subarray(row * columns, (row + 1) * columns)
      for (const asked of [alone, beside]) {
        const answer = (await ask(asked)).subarray(0, columns)
        if (!isClose(answer, expected)) refuse('it answers a row otherwise when other rows stand beside it')
      }
    }
    return output
  })
}

function isClose(answer: Float32Array, expected: Float32Array): boolean {
  return answer.every((value, k) => Math.abs(value - expected[k]) <= tolerance * (1 + Math.abs(expected[k])))
}

function checkValues(values: Float32Array, output: Adaptation['output'], refuse: Refuse): void {
  const bad = values.find(value => !Number.isFinite(value))
  if (bad !== undefined) refuse(`it answers ordinary features with ${bad}`)
  const outside = values.find(value => value < 0 || value > 1)
  if (output === 'probabilities' && outside !== undefined) refuse(`'probabilities' holds ${outside}, which is none`)
}
