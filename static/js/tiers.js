// Orders with ties, as lists of places, the best tier first. Each function returns a new order.
export const fromRanks = (ranks) =>
  [...new Set(ranks.filter(Boolean))]
    .sort((one, other) => one - other)
    .map((rank) => ranks.flatMap((each, place) => (each === rank ? [place] : [])));

export const toRanks = (tiers, number) =>
  Array.from({ length: number }, (_, place) => tiers.findIndex((tier) => tier.includes(place)) + 1);

const without = (tiers, place) => tiers.map((tier) => tier.filter((each) => each !== place));
const tidy = (tiers) => tiers.filter((tier) => tier.length);

// On its own between the tiers, before the one that stands at `at` now.
export function inserted(tiers, place, at) {
  const rest = without(tiers, place);
  return tidy([...rest.slice(0, at), [place], ...rest.slice(at)]);
}

export function moved(tiers, place, step) {
  const at = tiers.findIndex((tier) => tier.includes(place));
  if (at < 0) return [...tiers, [place]];
  if (tiers[at].length > 1) return inserted(tiers, place, step < 0 ? at : at + 1);
  const to = at + step;
  if (to < 0 || to >= tiers.length) return tiers;
  return inserted(tiers, place, step < 0 ? to : to + 1);
}

export function tied(tiers, place) {
  const at = tiers.findIndex((tier) => tier.includes(place));
  if (at < 1) return tiers;
  const rest = without(tiers, place);
  rest[at - 1] = [...rest[at - 1], place].sort((one, other) => one - other);
  return tidy(rest);
}
