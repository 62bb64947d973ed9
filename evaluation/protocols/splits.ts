/**
 * How interactions become training, validation and test. A split gives each interaction one part, so none is lost and
 * none is in two; which part depends on the data and the seed alone.
 */
import { createRandom, shuffle, splitSeed } from '../../algorithms/statistics/random.ts'
import type { Histories } from '../../models/histories.ts'
import { BadInput } from '../interactions/bad-line.ts'
import type { PreparedData } from './prepared-data.ts'

export const Part = { training: 0, validation: 1, test: 2 } as const

/** [interactions], a `Part` for each. */
export type Assignment = Uint8Array

export interface Split {
  readonly training: Histories
  readonly validation: Histories
  readonly test: Histories
}

export const topNProtocols = ['random-80-20', 'random-8-1-1', 'given-split', 'global-time'] as const

export type TopNProtocol = (typeof topNProtocols)[number]

/** The last item of each user is test, the one before validation; users with fewer than three only train (SASRec). */
export function leaveOneOut({ users, offsets, itemOf }: PreparedData): Assignment {
  const parts = new Uint8Array(itemOf.length)
  for (let user = 0; user < users; user++) {
    const [begin, end] = [offsets[user], offsets[user + 1]]
    if (end - begin < 3) continue
    parts[end - 1] = Part.test
    parts[end - 2] = Part.validation
  }
  return parts
}

/** @throws BadInput when the protocol needs what the data does not have */
export function assign(data: PreparedData, protocol: TopNProtocol, seed: number): Assignment {
  switch (protocol) {
    case 'random-80-20':
      return randomShare(data.itemOf.length, seed)
    case 'random-8-1-1':
      return randomTenths(data, seed)
    case 'given-split':
      return givenParts(data)
    case 'global-time':
      return globalTime(data)
  }
}

export const splitDescriptions: Readonly<Record<TopNProtocol, string>> = {
  'random-80-20': '20 % of all interactions, drawn at random over all users, are test, the rest training',
  'random-8-1-1':
    'of each user a random tenth (rounded down, at least one from three interactions on) is validation, another test',
  'given-split': 'test.txt is test, train.txt training',
  'global-time':
    'the first 80 % of all interactions by time are training, the next 10 % validation, the rest test; equal times in ' +
    'the order of the file',
}

/** Makes a validation part of a tenth of training, drawn at random over all users; a test of settings needs one. */
export function carveValidation(parts: Assignment, seed: number): Assignment {
  const rows = rowsOf(parts, Part.training)
  shuffle(rows, createRandom(splitSeed(seed, 'validation')))
  const carved = parts.slice()
  for (const row of rows.subarray(0, Math.floor(rows.length / 10))) carved[row] = Part.validation
  return carved
}

/** The parts as histories over the same users and items, each in the order of time. */
export function splitBy(data: PreparedData, parts: Assignment): Split {
  return {
    training: pick(data, parts, Part.training),
    validation: pick(data, parts, Part.validation),
    test: pick(data, parts, Part.test),
  }
}

/** Both together: of each user first the earlier, then the later. */
export function joined(earlier: Histories, later: Histories): Histories {
  const offsets = earlier.offsets.map((offset, user) => offset + later.offsets[user])
  const itemOf = new Uint32Array(offsets[earlier.users])
  const timeOf = earlier.timeOf && later.timeOf && new Float64Array(itemOf.length)
  for (let user = 0; user < earlier.users; user++) {
    const middle = offsets[user] + earlier.offsets[user + 1] - earlier.offsets[user]
    itemOf.set(earlier.itemOf.subarray(earlier.offsets[user], earlier.offsets[user + 1]), offsets[user])
    itemOf.set(later.itemOf.subarray(later.offsets[user], later.offsets[user + 1]), middle)
    timeOf?.set(earlier.timeOf!.subarray(earlier.offsets[user], earlier.offsets[user + 1]), offsets[user])
    timeOf?.set(later.timeOf!.subarray(later.offsets[user], later.offsets[user + 1]), middle)
  }
  return { users: earlier.users, items: earlier.items, offsets, itemOf, ...(timeOf && { timeOf }) }
}

function pick({ users, items, offsets, itemOf, timeOf }: PreparedData, parts: Assignment, part: number): Histories {
  const rows = rowsOf(parts, part)
  const ends = new Uint32Array(users + 1)
  for (let user = 0; user < users; user++) {
    let count = 0
    for (let row = offsets[user]; row < offsets[user + 1]; row++) if (parts[row] === part) count++
    ends[user + 1] = ends[user] + count
  }
  return {
    users,
    items,
    offsets: ends,
    itemOf: rows.map(row => itemOf[row]),
    ...(timeOf && { timeOf: Float64Array.from(rows, row => timeOf[row]) }),
  }
}

function rowsOf(parts: Assignment, part: number): Uint32Array {
  return Uint32Array.from({ length: parts.length }, (_, row) => row).filter(row => parts[row] === part)
}

/** One shuffle over all interactions, as RecSys2019_DeepLearning_Evaluation splits (TOIS 39(2), 2021). */
function randomShare(count: number, seed: number): Assignment {
  const rows = Uint32Array.from({ length: count }, (_, row) => row)
  shuffle(rows, createRandom(splitSeed(seed, 'random-80-20')))
  const parts = new Uint8Array(count)
  for (const row of rows.subarray(0, Math.round(count / 5))) parts[row] = Part.test
  return parts
}

/** RecBole's `split_by_ratio` with [0.8, 0.1, 0.1], grouped by user. */
function randomTenths({ users, offsets, itemOf }: PreparedData, seed: number): Assignment {
  const parts = new Uint8Array(itemOf.length)
  const random = createRandom(splitSeed(seed, 'random-8-1-1'))
  for (let user = 0; user < users; user++) {
    const [begin, end] = [offsets[user], offsets[user + 1]]
    const count = end - begin
    const rows = Uint32Array.from({ length: count }, (_, place) => begin + place)
    shuffle(rows, random)
    const test = count > 1 && count < 10 ? 1 : Math.floor(count / 10)
    const validation = count > 2 && count < 10 ? 1 : Math.floor(count / 10)
    for (const row of rows.subarray(0, test)) parts[row] = Part.test
    for (const row of rows.subarray(test, test + validation)) parts[row] = Part.validation
  }
  return parts
}

function givenParts({ given }: PreparedData): Assignment {
  if (given === undefined) {
    throw new BadInput('the input has no split of its own', 'Take --format lightgcn, or another --protocol')
  }
  return given.map(isTest => (isTest === 1 ? Part.test : Part.training))
}

function globalTime({ timeOf, fileOrder }: PreparedData): Assignment {
  if (timeOf === undefined) throw new BadInput('the input has no times', 'Take another --protocol')
  const order = Uint32Array.from(timeOf.keys()).sort((a, b) => timeOf[a] - timeOf[b] || fileOrder[a] - fileOrder[b])
  const parts = new Uint8Array(timeOf.length)
  const count = order.length
  for (const row of order.subarray(Math.floor(0.8 * count))) parts[row] = Part.validation
  for (const row of order.subarray(Math.floor(0.9 * count))) parts[row] = Part.test
  return parts
}
