import { grown } from '../../domain/grown.ts'

/** Who met what, as columns in the order of the file. */
export interface InteractionLog {
  readonly count: number
  /** Ids of users and items; their places number them in order of first appearance. */
  readonly userIds: readonly string[]
  readonly itemIds: readonly string[]
  /** [count], place of the user and of the item. */
  readonly user: Uint32Array
  readonly item: Uint32Array
  /** [count], epoch ms; absent where the format has no times and the order of the file is the order of time. */
  readonly time?: Float64Array
  /** [count], NaN where a line has none; absent where the format has no ratings. */
  readonly rating?: Float32Array
  /** [count], 1 where the interaction came from the file of test interactions; absent where the format has one file. */
  readonly given?: Uint8Array
  /** SHA-256 over the bytes of the files read, in order. */
  readonly sha256: string
}

/** Which optional columns a format fills. */
export interface LogColumns {
  readonly time?: boolean
  readonly rating?: boolean
  readonly given?: boolean
}

/** Collects interactions; ids become places. */
export class InteractionLogBuilder {
  private count = 0
  private readonly columns: LogColumns
  private readonly users = new Map<string, number>()
  private readonly items = new Map<string, number>()
  private user = new Uint32Array(1 << 16)
  private item = new Uint32Array(1 << 16)
  private time = new Float64Array(1 << 16)
  private rating = new Float32Array(1 << 16)
  private given = new Uint8Array(1 << 16)

  constructor(columns: LogColumns) {
    this.columns = columns
  }

  add(user: string, item: string, time = Number.NaN, rating = Number.NaN, given = false): void {
    if (this.count === this.user.length) this.grow()
    const row = this.count++
    this.user[row] = placeOf(this.users, user)
    this.item[row] = placeOf(this.items, item)
    this.time[row] = time
    this.rating[row] = rating
    this.given[row] = Number(given)
  }

  build(sha256: string): InteractionLog {
    const { count, columns } = this
    return {
      count,
      userIds: [...this.users.keys()],
      itemIds: [...this.items.keys()],
      user: this.user.subarray(0, count),
      item: this.item.subarray(0, count),
      ...(columns.time && { time: this.time.subarray(0, count) }),
      ...(columns.rating && { rating: this.rating.subarray(0, count) }),
      ...(columns.given && { given: this.given.subarray(0, count) }),
      sha256,
    }
  }

  private grow(): void {
    const length = this.count * 2
    this.user = grown(this.user, new Uint32Array(length))
    this.item = grown(this.item, new Uint32Array(length))
    this.time = grown(this.time, new Float64Array(length))
    this.rating = grown(this.rating, new Float32Array(length))
    this.given = grown(this.given, new Uint8Array(length))
  }
}

function placeOf(places: Map<string, number>, id: string): number {
  let place = places.get(id)
  if (place === undefined) {
    place = places.size
    places.set(id, place)
  }
  return place
}
