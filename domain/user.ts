/** A person, as the outside world states it. Everything but the id is optional: an unknown user still gets a feed. */
export interface User {
  readonly id: string
  readonly region?: string
  readonly language?: string
  /** For instance "25-34". Its lower bound is the age that maturity limits are checked against. */
  readonly ageBand?: string
  readonly device?: string
  readonly labels?: readonly string[]
}
