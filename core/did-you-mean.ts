import leven from 'leven';

/** What to say of a word that is none of the known ones: the one that was probably meant, or all that there are. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [best] = known
    .map((candidate) => ({ candidate, distance: distanceOf(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  if (best) return `; did you mean '${best.candidate}'?`;
  return known.length > 0 ? `; known here: ${known.join(', ')}` : '';
}

/** Two letters in each other's place are one slip of the fingers, and not two. */
function distanceOf(word: string, candidate: string): number {
  return isTransposed(word, candidate) ? 1 : leven(word, candidate);
}

function isTransposed(word: string, candidate: string): boolean {
  const at = [...word].findIndex((_, index) => word[index] !== candidate[index]);
  const swapped = `${word.slice(0, at)}${word[at + 1] ?? ''}${word[at] ?? ''}${word.slice(at + 2)}`;
  return at >= 0 && swapped === candidate;
}
