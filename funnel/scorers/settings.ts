import Type from 'typebox'
import { defineSettings } from '../../config/fragment.ts'

const weight = (name: string, value: number) =>
  Type.Number({
    default: value,
    minimum: -100,
    maximum: 100,
    unit: 'value',
    description: `Worth of the objective ${name}; an objective that had no labels in training weighs nothing.`,
  })

export const valueSettings = defineSettings('ranking.value', 'How the objectives combine into one value.', {
  click: weight('click', 1),
  finish: weight('finish', 1),
  positive: weight('positive', 2),
  negative: weight('negative', -2),
})

export const rankingSettings = defineSettings('ranking', 'The pool of rank threads.', {
  threads: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 64,
    unit: 'threads',
    description: 'Threads that rank and re-rank.',
    answer: false,
  }),
  queueMax: Type.Integer({
    default: 256,
    minimum: 1,
    maximum: 100_000,
    unit: 'requests',
    description: 'Requests that may wait for a rank thread before more are refused.',
    answer: false,
  }),
})
