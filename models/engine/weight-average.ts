/**
 * An exponential moving average of the dense weights (Polyak & Juditsky, SIAM J. Control Optim. 1992, in the form that Tarvainen
 * & Valpola, NeurIPS 2017, use): late steps of stochastic descent wander around a minimum, their mean lies nearer to it.
 */
import { Parameters } from './parameters.ts'

export class WeightAverage {
  readonly parameters: Parameters
  readonly #source: Parameters
  readonly #decay: number

  /** @param decay share of the old average that a step keeps; 0 follows the weights themselves */
  constructor(source: Parameters, decay: number) {
    this.#source = source
    this.#decay = decay
    this.parameters = new Parameters(source.specs)
    this.parameters.copyFrom(source)
  }

  /** Takes in the weights after `step` steps. Early on the memory is shorter, so that the first values are forgotten. */
  update(step: number): void {
    const share = 1 - Math.min(this.#decay, step / (step + 10))
    const { flat } = this.#source
    const average = this.parameters.flat
    for (let index = 0; index < flat.length; index++) average[index] += share * (flat[index] - average[index])
  }

  /** Copies tables stored by rows, which are not averaged: most of their rows stand still from step to step. */
  copyTables(): void {
    for (const { name, storage } of this.parameters.specs) {
      if (storage === 'rows') this.parameters.view(name).set(this.#source.view(name))
    }
  }
}
