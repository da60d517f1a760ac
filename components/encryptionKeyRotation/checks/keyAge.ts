const DAY = 24 * 60 * 60 * 1000;

/**
 * A warning for each key that is older than `maxKeyAge` days.
 *
 * @param made by key label, since when it writes (ISO 8601)
 */
export function checkKeyAge(
  made: Readonly<Record<string, string>>,
  maxKeyAge: number | undefined,
  now: Date,
): string[] {
  if (maxKeyAge === undefined) return [];
  return Object.entries(made)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([key, since]) => {
      const days = Math.floor((now.getTime() - Date.parse(since)) / DAY);
      const name = key.slice(key.indexOf(":") + 1);
      if (!(days > maxKeyAge)) return [];
      return [
        `${key} writes since ${since.slice(0, 10)}, ${days} days; maxKeyAgeDays is ${maxKeyAge}; ` +
          `name a new key: keys: { write: "NEW", read: ["${name}"] }`,
      ];
    });
}
