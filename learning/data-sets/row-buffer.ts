import {
  type Column,
  type ColumnBatch,
  type ColumnValues,
  createValues,
  sliceValues,
} from '../../storage/offline-store-columns.ts'

/** Turns rows into columns, `capacity` rows at a time; its memory is used again and again. */
export class RowBuffer {
  count = 0
  readonly capacity: number
  private readonly columns: readonly ColumnValues[]

  constructor(columns: readonly Column[], capacity = 4096) {
    this.capacity = capacity
    this.columns = columns.map(({ type }) => createValues(type, capacity))
  }

  get isFull(): boolean {
    return this.count === this.capacity
  }

  /** @param values of the leading columns @param rest of the columns behind them, numbers all */
  add(values: readonly (string | number | null)[], rest: ArrayLike<number> = []): void {
    const row = this.count++
    for (let column = 0; column < values.length; column++) this.columns[column][row] = values[column] as never
    for (let i = 0; i < rest.length; i++) this.columns[values.length + i][row] = rest[i]
  }

  /** The rows since the last call; valid until the next `add`. */
  take(): ColumnBatch {
    const { count } = this
    this.count = 0
    return this.columns.map(values => sliceValues(values, 0, count))
  }
}
