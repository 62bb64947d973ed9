/**
 * A frame is a record of numbers and typed columns packed into one buffer, so that a request crosses to a thread as a
 * single allocation and is read there without copying. A layout is declared once; both sides use the same one.
 *
 * Bytes: scalars as float64, then one uint32 length per column, then the columns, each aligned to 8 bytes.
 */
interface Columns {
  u8: Uint8Array
  u16: Uint16Array
  u32: Uint32Array
  i32: Int32Array
  f32: Float32Array
  f64: Float64Array
}

type ColumnConstructor<T> = { new (buffer: ArrayBufferLike, offset: number, length: number): T }

const columnTypes: { readonly [K in keyof Columns]: ColumnConstructor<Columns[K]> } = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
}

export type ColumnType = keyof Columns
type ColumnOf<T extends ColumnType> = Columns[T]

export interface FrameLayout<
  S extends string = string,
  C extends Record<string, ColumnType> = Record<string, ColumnType>,
> {
  readonly scalars: readonly S[]
  readonly columns: C
}

export type Frame<L> =
  L extends FrameLayout<infer S, infer C>
    ? { [K in S]: number } & { [K in keyof C]: ColumnOf<C[K] & ColumnType> }
    : never

export function defineFrame<const S extends string, const C extends Record<string, ColumnType>>(
  layout: FrameLayout<S, C>,
): FrameLayout<S, C> {
  return layout
}

const align = (bytes: number) => (bytes + 7) & ~7

export function encodeFrame<L extends FrameLayout>(layout: L, frame: Frame<L>): ArrayBuffer {
  const source = frame as unknown as Record<string, number> & Record<string, ColumnOf<ColumnType>>
  const names = Object.keys(layout.columns)
  const lengthsAt = layout.scalars.length * 8
  let size = align(lengthsAt + names.length * 4)
  for (const name of names) size += align(source[name].byteLength)

  const buffer = new ArrayBuffer(size)
  const scalars = new Float64Array(buffer, 0, layout.scalars.length)
  for (let i = 0; i < layout.scalars.length; i++) scalars[i] = source[layout.scalars[i]] as number
  const lengths = new Uint32Array(buffer, lengthsAt, names.length)
  let offset = align(lengthsAt + names.length * 4)
  for (let i = 0; i < names.length; i++) {
    const column = source[names[i]]
    lengths[i] = column.length
    new columnTypes[layout.columns[names[i]]](buffer, offset, column.length).set(column)
    offset += align(column.byteLength)
  }
  return buffer
}

/** Columns of the result are views into `buffer`. */
export function decodeFrame<L extends FrameLayout>(layout: L, buffer: ArrayBufferLike): Frame<L> {
  const frame: Record<string, unknown> = {}
  const scalars = new Float64Array(buffer, 0, layout.scalars.length)
  for (let i = 0; i < layout.scalars.length; i++) frame[layout.scalars[i]] = scalars[i]
  const names = Object.keys(layout.columns)
  const lengthsAt = layout.scalars.length * 8
  const lengths = new Uint32Array(buffer, lengthsAt, names.length)
  let offset = align(lengthsAt + names.length * 4)
  for (let i = 0; i < names.length; i++) {
    const column = new columnTypes[layout.columns[names[i]]](buffer, offset, lengths[i])
    frame[names[i]] = column
    offset += align(column.byteLength)
  }
  return frame as Frame<L>
}
