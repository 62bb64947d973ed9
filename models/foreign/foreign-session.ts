import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { openSession, type Session, tensor } from '../engine/session.ts'

/** Throws `ForeignModelRefused` with what is wrong. */
export type Refuse = (problem: string) => never

/** A model from elsewhere while it is looked at: whatever does not fit refuses it. */
export class ForeignSession {
  readonly #session: Session
  readonly #refuse: Refuse

  private constructor(session: Session, refuse: Refuse) {
    this.#session = session
    this.#refuse = refuse
  }

  static async inspect<Result>(
    onnx: Uint8Array,
    refuse: Refuse,
    look: (model: ForeignSession) => Promise<Result>,
  ): Promise<Result> {
    const opening = openSession(onnx, { threads: 1 })
    const session = await opening.catch(error => refuse(`onnxruntime cannot open it (${messageOf(error)})`))
    try {
      return await look(new ForeignSession(session, refuse))
    } finally {
      await session.release()
    }
  }

  /** Its only input has that name and is float32 [any, columns]. */
  expectInput(name: string, columns: number): void {
    const { inputNames, inputMetadata } = this.#session
    if (inputNames.length !== 1 || inputNames[0] !== name) this.#refuse(`it has the inputs ${quoted(inputNames)}`)
    this.#expectMatrix(inputMetadata[0], columns, 'any')
  }

  /** One of its outputs has one of these names and is float32 [rows, columns]; the first such name. */
  expectOutput<Name extends string>(names: readonly Name[], columns: number, rows: 'any' | number): Name {
    const { outputNames, outputMetadata } = this.#session
    const found = names.find(name => outputNames.includes(name))
    if (found === undefined) return this.#refuse(`it has the outputs ${quoted(outputNames)}`)
    this.#expectMatrix(outputMetadata[outputNames.indexOf(found)], columns, rows)
    return found
  }

  /** Runs it on a matrix [data.length / columns, columns]. The answer has the shape that is expected. */
  async ask(
    input: string,
    data: Float32Array,
    columns: number,
    output: string,
    shape: readonly [number, number],
  ): Promise<Float32Array> {
    const rows = data.length / columns
    const asked = `asked for ${rows} row${rows === 1 ? '' : 's'} it`
    let answer: Tensor
    try {
      answer = (await this.#session.run({ [input]: tensor(data, [rows, columns]) }, [output]))[output]
    } catch (error) {
      return this.#refuse(`${asked} fails (${messageOf(error)})`)
    }
    if (answer.dims.join() !== shape.join()) {
      return this.#refuse(`${asked} answers with the shape [${answer.dims.join(', ')}]`)
    }
    return answer.data as Float32Array
  }

  /** A dimension that is given by name may be anything. */
  #expectMatrix(metadata: InferenceSession.ValueMetadata, columns: number, rows: 'any' | number): void {
    const { name } = metadata
    if (!metadata.isTensor) return this.#refuse(`'${name}' is no tensor`)
    const { type, shape } = metadata
    if (type !== 'float32') this.#refuse(`'${name}' has elements of type ${type}`)
    if (shape.length !== 2) this.#refuse(`'${name}' has ${shape.length} axes`)
    const [height, width] = shape
    if (isFixed(height) && height !== rows) this.#refuse(`'${name}' is fixed to ${height} rows`)
    if (isFixed(width) && width !== columns) this.#refuse(`'${name}' has ${width} columns`)
  }
}

const isFixed = (dimension: number | string) => typeof dimension === 'number' && dimension >= 0
const quoted = (names: readonly string[]) => names.map(name => `'${name}'`).join(', ')
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
