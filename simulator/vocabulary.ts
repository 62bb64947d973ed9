/** The words of one latent theme: what a synopsis says when a title leans towards it. */
export interface ThemeWords {
  readonly name: string
  readonly people: readonly string[]
  readonly things: readonly string[]
  readonly places: readonly string[]
  /** Completes "has to ...". */
  readonly deeds: readonly string[]
  readonly tones: readonly string[]
}

const words = (list: string): readonly string[] => list.split(', ')

const theme = (
  name: string,
  people: string,
  things: string,
  places: string,
  deeds: string,
  tones: string,
): ThemeWords => ({
  name,
  people: words(people),
  things: words(things),
  places: words(places),
  deeds: words(deeds),
  tones: words(tones),
})

/** The axes of the latent space, in order. */
export const themes: readonly ThemeWords[] = [
  theme(
    'heist',
    'safecracker, con artist, getaway driver, smuggler, forger',
    'vault, diamond, blueprint, ransom, casino chip',
    'casino, bank basement, docklands, underground garage',
    'crack the vault, outrun the police, double-cross the crew, fence the loot',
    'slick, fast, daring, cunning, explosive',
  ),
  theme(
    'courtroom',
    'lawyer, judge, whistleblower, senator, prosecutor',
    'verdict, testimony, contract, scandal, confession',
    'courthouse, senate chamber, law firm, prison',
    'defend the innocent, expose the cover-up, win the appeal, break the silence',
    'tense, principled, serious, gripping, political',
  ),
  theme(
    'space',
    'astronaut, pilot, colonist, mission commander, alien envoy',
    'starship, signal, orbit, distress beacon, asteroid',
    'space station, red planet, lunar base, outer galaxy',
    'repair the starship, answer the signal, land on the asteroid, bring the crew home',
    'cosmic, vast, futuristic, weightless, visionary',
  ),
  theme(
    'magic',
    'wizard, witch, apprentice, dragon, elf',
    'spell, amulet, prophecy, enchanted sword, potion',
    'enchanted forest, tower, hidden kingdom, cave of runes',
    'break the curse, tame the dragon, learn the spell, find the amulet',
    'magical, wondrous, mythical, epic, dreamlike',
  ),
  theme(
    'haunting',
    'ghost, medium, gravedigger, possessed child, vampire',
    'curse, séance, nightmare, locked attic, grave',
    'haunted house, graveyard, asylum, foggy village',
    'survive the night, banish the ghost, flee the house, bury the secret',
    'creepy, bloody, eerie, terrifying, dark',
  ),
  theme(
    'love',
    'bride, matchmaker, lover, widow, childhood sweetheart',
    'wedding, love letter, kiss, proposal, secret affair',
    'seaside hotel, Paris café, vineyard, rooftop terrace',
    'confess their love, stop the wedding, mend a broken heart, choose between two suitors',
    'romantic, tender, bittersweet, passionate, swooning',
  ),
  theme(
    'family',
    'grandmother, single father, twin, toddler, adopted daughter',
    'reunion, family recipe, lost dog, road trip, birthday',
    'family home, campsite, small town, farm',
    'reunite the family, find the dog, save the farm, keep a promise',
    'heartwarming, gentle, wholesome, cosy, touching',
  ),
  theme(
    'laughter',
    'clumsy waiter, prankster, roommate, clown, unlucky tourist',
    'prank, mix-up, disguise, talking parrot, costume party',
    'karaoke bar, shared flat, cruise buffet, laundromat',
    'survive the party, fake a marriage, hide the parrot, win the bet',
    'funny, light, silly, hilarious, feel-good',
  ),
  theme(
    'satire',
    'stand-up comedian, talk show host, influencer, spin doctor, boss',
    'campaign, press conference, viral video, office party, brand',
    'television studio, open-plan office, city hall, conference',
    'save the campaign, fake the news, go viral, survive the meeting',
    'witty, dry, absurd, sharp, ironic',
  ),
  theme(
    'war',
    'soldier, medic, general, partisan, sniper',
    'trench, battle, ceasefire, mission behind the lines, tank',
    'front line, bombed city, field hospital, bunker',
    'hold the line, rescue the platoon, cross the minefield, stop the bombing',
    'brutal, heroic, harrowing, gritty, sombre',
  ),
  theme(
    'frontier',
    'sheriff, bounty hunter, rancher, gunslinger, gold digger',
    'saddle, duel, gold mine, wanted poster, cattle drive',
    'saloon, desert town, canyon, lonely ranch',
    'win the duel, hunt the outlaw, defend the ranch, cross the desert',
    'dusty, rugged, laconic, lawless, sunburnt',
  ),
  theme(
    'detection',
    'detective, inspector, missing girl, coroner, profiler',
    'clue, alibi, fingerprint, cold case, murder weapon',
    'crime scene, manor, morgue, rainy harbour',
    'solve the murder, follow the clue, catch the killer, reopen the case',
    'mysterious, twisting, suspenseful, puzzling, noir',
  ),
  theme(
    'nature',
    'biologist, ranger, beekeeper, whale, wolf pack',
    'migration, glacier, coral reef, volcano, rare orchid',
    'rainforest, savannah, arctic ice, national park',
    'follow the migration, protect the reef, film the wolves, climb the volcano',
    'breathtaking, calm, wild, informative, majestic',
  ),
  theme(
    'music',
    'singer, drummer, conductor, rapper, dance teacher',
    'album, tour, melody, piano, talent contest',
    'concert hall, recording studio, jazz club, festival',
    'write the song, win the contest, reunite the band, play the final concert',
    'rhythmic, soulful, energetic, glamorous, melodic',
  ),
  theme(
    'sport',
    'boxer, coach, goalkeeper, sprinter, rookie',
    'championship, final, comeback, title fight, record',
    'stadium, boxing ring, locker room, race track',
    'win the final, train the rookie, beat the record, return to the ring',
    'inspiring, sweaty, competitive, triumphant, underdog',
  ),
  theme(
    'kitchen',
    'chef, baker, food critic, sommelier, street vendor',
    'restaurant, secret sauce, Michelin star, sourdough, tasting menu',
    'kitchen, night market, bakery, bistro',
    'open the restaurant, impress the critic, rescue the menu, bake the cake',
    'delicious, sensual, sizzling, comforting, colourful',
  ),
  theme(
    'royalty',
    'queen, courtier, emperor, heir, duchess',
    'crown, treaty, coronation, poison cup, dynasty',
    'palace, throne room, medieval castle, imperial city',
    'claim the throne, betray the king, arrange the treaty, survive the court',
    'lavish, historical, stately, scheming, sumptuous',
  ),
  theme(
    'school',
    'teenager, teacher, exchange student, best friend, headmistress',
    'prom, exam, diary, first crush, graduation',
    'high school, summer camp, boarding school, schoolyard',
    'pass the exam, survive the prom, stand up to the bully, keep the diary secret',
    'youthful, awkward, coming-of-age, honest, nostalgic',
  ),
  theme(
    'machines',
    'robot, hacker, engineer, android, surveillance agent',
    'algorithm, firewall, implant, prototype, virtual world',
    'laboratory, data centre, neon city, simulation',
    'shut down the machine, hack the network, save the android, escape the simulation',
    'dystopian, sleek, paranoid, high-tech, cerebral',
  ),
  theme(
    'sea',
    'captain, diver, pirate, castaway, lighthouse keeper',
    'shipwreck, treasure map, storm, sunken temple, voyage',
    'desert island, harbour, open ocean, ghost ship',
    'find the treasure, weather the storm, raise the wreck, sail around the world',
    'adventurous, stormy, salty, swashbuckling, sweeping',
  ),
]

export const themeCount = themes.length
