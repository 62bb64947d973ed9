/**
 * onnxruntime sessions with the options that were measured best here, and a run helper for them.
 * `run` computes on the calling thread despite its promise, and every output arrives in a fresh buffer.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node'

export type Session = InferenceSession
export type Feeds = Record<string, Tensor>
export type TensorData = Float32Array | Float64Array | Int32Array

export interface SessionSettings {
  /** Threads inside one run: 1 where several sessions serve side by side, 2 for training. */
  readonly threads: number
}

/** Opens a session over a model's bytes (not in shared memory). @throws Error from onnxruntime when the model is invalid. */
export function openSession(model: Uint8Array, settings: SessionSettings): Promise<Session> {
  return InferenceSession.create(model, {
    intraOpNumThreads: settings.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
  })
}

/** A tensor over the array itself, without a copy: later writes to the array are seen by the next run. */
export function tensor(data: TensorData, shape: readonly number[]): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, shape)
  if (data instanceof Float64Array) return new Tensor('float64', data, shape)
  return new Tensor('int32', data, shape)
}

/** Runs the session and gives the data of the named outputs. */
export async function run<Data extends TensorData = Float32Array>(
  session: Session,
  feeds: Feeds,
  fetches: readonly string[],
): Promise<Record<string, Data>> {
  const outputs = await session.run(feeds, fetches)
  return Object.fromEntries(fetches.map(name => [name, outputs[name].data as Data]))
}
