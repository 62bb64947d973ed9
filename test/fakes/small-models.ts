/** Settings of models so small that training them takes seconds, for tests that look at something else. */
export const smallModels = {
  'training.ials.dimension': '16',
  'training.ials.epochs': '4',
  'training.content.dimension': '16',
  'training.twoTower.dimension': '16',
  'training.twoTower.itemHidden': '16',
  'training.twoTower.userHidden': '16',
  'training.twoTower.epochs': '2',
  'training.twoTower.batchSize': '256',
  'training.twoTower.negatives': '256',
  'training.sequence.width': '16',
}
