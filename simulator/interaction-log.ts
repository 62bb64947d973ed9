import type { RoleSet } from '../domain/roles.ts'

/** Interactions as columns, one row per event or per impression with what came of it; ids are any numbers. */
export interface InteractionLog {
  readonly users: Float64Array
  readonly items: Float64Array
  /** Epoch ms. */
  readonly times: Float64Array
  readonly roles: Uint8Array
}

/** Collects rows one by one, then gives them in order of time (stable, so rows of equal times keep their order). */
export class InteractionLogBuilder {
  private readonly users: number[] = []
  private readonly items: number[] = []
  private readonly times: number[] = []
  private readonly roles: number[] = []

  add(user: number, item: number, time: number, roles: RoleSet): void {
    this.users.push(user)
    this.items.push(item)
    this.times.push(time)
    this.roles.push(roles)
  }

  build(): InteractionLog {
    const order = Uint32Array.from(this.times.keys()).sort((a, b) => this.times[a] - this.times[b])
    const ordered = (column: readonly number[]) => Float64Array.from(order, row => column[row])
    return {
      users: ordered(this.users),
      items: ordered(this.items),
      times: ordered(this.times),
      roles: Uint8Array.from(order, row => this.roles[row]),
    }
  }
}
