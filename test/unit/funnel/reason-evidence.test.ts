import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { REASON, REASON_COUNT } from '../../../algorithms/ranking/explanations.ts'
import { CandidateSet } from '../../../domain/candidate-set.ts'
import { gatherEvidence } from '../../../funnel/hydrators/reason-evidence.ts'
import { ModelSpaces } from '../../../funnel/model-spaces.ts'
import { liveModels, loadWhole, tablesOf } from '../../fakes/loaded-models.ts'
import { requestFrame } from '../../fakes/requests.ts'
import { catalogOf, sampleItems } from '../../fakes/samples.ts'
import { tinyModelSet } from '../../fakes/tiny-model-set.ts'

const items = sampleItems(30)
const catalog = catalogOf(items)
const spaces = new ModelSpaces(loadWhole(liveModels(catalog).models, 'a', tinyModelSet(items)).handles)
const { offsets, neighbours, scores } = spaces.coVisitation
const { popular } = tablesOf(catalog)

function candidatesOf(order: readonly number[]): CandidateSet {
  const candidates = new CandidateSet(order.length)
  candidates.count = order.length
  candidates.item.set(order)
  candidates.row.set(order.map(item => catalog.items.currentRow(item)))
  return candidates
}

/** What the list of one title says of another; nothing where the title came after the lists were made. */
function score(from: number, to: number): number {
  if (from >= items.length) return 0
  const at = neighbours.subarray(offsets[from], offsets[from + 1]).indexOf(to)
  return at < 0 ? 0 : scores[offsets[from] + at]
}

describe('the evidence for reasons', () => {
  it('names the watched title that says most for an item, with its share of all that is said', () => {
    const order = fc.shuffledSubarray([...items.keys()], { minLength: 1 })
    const liked = fc.constantFrom(-1, 0, 1, 2)
    const history = fc.array(fc.tuple(fc.nat(items.length + 5), liked), { maxLength: 40 })
    fc.assert(
      fc.property(order, history, (chosenItems, past) => {
        const query = {
          ...requestFrame(catalog),
          historyItem: Uint32Array.from(past, ([item]) => item),
          historyWeight: Float32Array.from(past, ([, weight]) => weight),
        }
        const candidates = candidatesOf([0, ...chosenItems])
        const chosen = Int32Array.from(chosenItems.keys(), i => i + 1)
        const tables = { items: catalog.items, popular, spaces, launchWindowMs: 1 }
        const { strengths, references } = gatherEvidence(candidates, chosen, query, tables)
        chosenItems.forEach((item, i) => {
          const said = past.slice(0, 30).map(([from, weight]) => (weight > 0 ? score(from, item) : 0))
          const total = said.reduce((sum, one) => sum + one, 0)
          const most = Math.max(0, ...said)
          const at = i * REASON_COUNT + REASON.becauseYouWatched
          expect(strengths[at]).toBeCloseTo(total === 0 ? 0 : most / total, 5)
          expect(references[at]).toBe(total === 0 ? -1 : past[said.indexOf(most)][0])
        })
      }),
    )
  })
})
