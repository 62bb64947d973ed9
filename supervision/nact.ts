/**
 * The one door to nact. What it is used for: a named actor per cell, its turn on the event loop, and the capture of
 * what the turn throws. What it lacks is done by the cells: stopping a parent does not stop its children in nact, its
 * mailbox is unbounded, its `query` can mix up answers, its restarts have no limit.
 */
import { type ActorSystemRef, dispatch, type Ref, spawn, start, stop } from 'nact'

/** A nact actor or system. */
export type NactRef = Ref<never>

const turn = 'turn'

/** nact chooses the name at random: two systems of one name would replace each other in its global table. */
export function startNact(): NactRef {
  return start() as ActorSystemRef
}

/**
 * Spawns a nact actor that calls `takeTurn` once per `requestTurn`. When that throws, it waits for `onCrash` and goes
 * on. It always resumes: nact's own reset would stop the children that the new life has just spawned.
 *
 * @throws Error when the name is taken or has characters other than letters, digits and -$_.+!*'(),
 */
export function spawnNact(
  parent: NactRef,
  name: string,
  takeTurn: () => void,
  onCrash: (error: unknown) => Promise<void>,
): NactRef {
  const handle = () => takeTurn()
  return spawn(parent, handle, name, {
    onCrash: async (_message, error, context) => {
      await onCrash(error)
      return context.resume
    },
  }) as NactRef
}

export function requestTurn(ref: NactRef): void {
  dispatch(ref as Ref<string>, turn)
}

export function stopNact(ref: NactRef): void {
  stop(ref)
}
