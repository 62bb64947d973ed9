/** Runs the steps of long work to their end, without a break. */
export function exhaust<T>(steps: Generator<void, T>): T {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}
