import { defineFrame, type Frame } from '../../domain/frame.ts'
import type { ItemReader } from '../../domain/item-table/item-reader.ts'
import { noQueryVectors, type QueryVectors } from '../../features/vector-spaces.ts'
import type { ModelSpaces } from '../model-spaces.ts'
import type { ModelSetHandles } from '../ports.ts'
import { CollaborativeQuery } from './collaborative-query.ts'
import { ContentQuery } from './content-query.ts'
import { SequenceQuery } from './sequence-query.ts'
import { TwoTowerQuery } from './two-tower-query.ts'

/**
 * What query vectors are computed from: the engaged history, newest first, and the versions it is read at. `profileColumns`
 * is what the user tower sees of the profile and of how long the person was away, `hour` the whole hour of the day.
 */
export const historyLayout = defineFrame({
  scalars: ['generation', 'tablesVersion', 'querySeq', 'hour'],
  columns: { historyItem: 'u32', historyWeight: 'f32', historyRoles: 'u8', profileColumns: 'u16' },
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
  private readonly twoTower: TwoTowerQuery | null
  private readonly sequence: SequenceQuery | null

  private constructor(
    collaborative: CollaborativeQuery,
    content: ContentQuery,
    twoTower: TwoTowerQuery | null,
    sequence: SequenceQuery | null,
  ) {
    this.collaborative = collaborative
    this.content = content
    this.twoTower = twoTower
    this.sequence = sequence
  }

  static async open({ readers }: ModelSpaces, { foldIn, twoTower, sequence }: ModelSetHandles): Promise<QueryEncoder> {
    return new QueryEncoder(
      new CollaborativeQuery(foldIn),
      new ContentQuery(readers.content),
      twoTower === null ? null : await TwoTowerQuery.open(readers.twoTower, twoTower),
      sequence === null ? null : await SequenceQuery.open(readers.sequence, sequence),
    )
  }

  async encode(history: HistoryFrame, items: ItemReader): Promise<QueryVectors> {
    return {
      collaborative: this.collaborative.encode(history),
      content: this.content.encode(history, items),
      twoTower: (await this.twoTower?.encode(history, items)) ?? noQueryVectors.twoTower,
      sequence: (await this.sequence?.encode(history, items)) ?? noQueryVectors.sequence,
    }
  }
}
