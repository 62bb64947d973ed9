/** The way into an actor, or into whatever stands in for one. Used by `tell` and by references, nowhere else. */
export const deliver: unique symbol = Symbol('deliver')

/**
 * Where messages of type M can be sent. An actor is one implementation, `callbackRef` and the reply reference of `ask`
 * are others: who holds a reference can not tell, and need not.
 */
export interface ActorRef<M> {
  /** For logs and dead letters. */
  readonly path: string
  readonly [deliver]: (message: M) => void
}

/** Sends a message and returns at once. What can not be delivered is counted as a dead letter. */
export function tell<M>(ref: ActorRef<M>, message: NoInfer<M>): void {
  ref[deliver](message)
}

/** A reference that calls a function, at once and on the sender's stack: it must be short and must not throw. */
export function callbackRef<M>(callback: (message: M) => void, path = 'callback'): ActorRef<M> {
  return { path, [deliver]: callback }
}

/** The messages of a protocol that are questions. */
export type Askable<M> = Extract<M, { readonly type: string; readonly replyTo: ActorRef<never> }>

export type AskOf<M, T> = Extract<Askable<M>, { readonly type: T }>

export type ReplyOf<Q> = Q extends { readonly replyTo: ActorRef<infer R> } ? R : never

/** A question as the asker writes it: `replyTo` is added by `ask`. */
export type Question<M, T extends Askable<M>['type']> = { readonly type: T } & Omit<AskOf<M, T>, 'type' | 'replyTo'>
