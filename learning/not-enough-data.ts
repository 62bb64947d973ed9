/** There is too little history to train on. */
export class NotEnoughData extends Error {
  override readonly name = 'NotEnoughData'

  constructor(engagements: number, engagementsMin: number) {
    super(
      `The journal holds ${engagements} engagements with items that still exist, training needs ${engagementsMin} (training.engagementsMin). ` +
        'Import more history, or collect events first; until then feeds come from what is trending, fresh and popular.',
    )
  }
}
