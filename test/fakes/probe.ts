import { type ActorRef, deliver } from '../../supervision/actor-ref.ts'

/** Stands in for an actor and remembers what it was told. */
export class Probe<M extends { readonly type: string }> implements ActorRef<M> {
  readonly path: string
  readonly received: M[] = []

  constructor(path = 'probe') {
    this.path = path
  }

  get last(): M | undefined {
    return this.received.at(-1)
  }

  [deliver](message: M): void {
    this.received.push(message)
  }

  /** Everything received of one type, in order. */
  of<T extends M['type']>(type: T): Extract<M, { readonly type: T }>[] {
    return this.received.filter((message): message is Extract<M, { readonly type: T }> => message.type === type)
  }
}
