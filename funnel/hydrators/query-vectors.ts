import { defineFrame, type Frame } from '../../domain/frame.ts'
import type { ItemReader } from '../../domain/item-table/item-reader.ts'
import { noQueryVectors, type QueryVectors } from '../../features/vector-spaces.ts'
import type { ModelSpaces } from '../model-spaces.ts'
import type { ModelSetHandles } from '../ports.ts'
import { CollaborativeQuery } from './collaborative-query.ts'
import { ContentQuery } from './content-query.ts'
import { SequenceQuery } from './sequence-query.ts'

/** What query vectors are computed from: the engaged history, newest first, and the versions it is read at. */
export const historyLayout = defineFrame({
  scalars: ['generation', 'tablesVersion', 'querySeq'],
  columns: { historyItem: 'u32', historyWeight: 'f32' },
})

export type HistoryFrame = Frame<typeof historyLayout>

/** The person in every space; a vector is empty where the history has nothing to compute it from. */
export const queryVectorsLayout = defineFrame({
  scalars: [],
  columns: { collaborative: 'f32', content: 'f32', twoTower: 'f32', sequence: 'f32' },
})

/**
 * Places a person in the spaces of one model set. Bit for bit the same for the same history at the same `querySeq`:
 * serving and replay both come here.
 */
export class QueryEncoder {
  private readonly collaborative: CollaborativeQuery
  private readonly content: ContentQuery
  private readonly sequence: SequenceQuery | null

  private constructor(collaborative: CollaborativeQuery, content: ContentQuery, sequence: SequenceQuery | null) {
    this.collaborative = collaborative
    this.content = content
    this.sequence = sequence
  }

  static async open({ readers }: ModelSpaces, { foldIn, sequence }: ModelSetHandles): Promise<QueryEncoder> {
    return new QueryEncoder(
      new CollaborativeQuery(foldIn),
      new ContentQuery(readers.content),
      sequence === null ? null : await SequenceQuery.open(readers.sequence, sequence),
    )
  }

  async encode(history: HistoryFrame, items: ItemReader): Promise<QueryVectors> {
    if (history.historyItem.length === 0) return noQueryVectors
    return {
      collaborative: this.collaborative.encode(history),
      content: this.content.encode(history, items),
      twoTower: noQueryVectors.twoTower,
      sequence: (await this.sequence?.encode(history, items)) ?? noQueryVectors.sequence,
    }
  }
}
