// The theme's colours and the language's numbers, for what is drawn by scripts.

/** Colours and font as the style sheet gives them now. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("text"),
    quiet: of("quiet"),
    line: of("line"),
    faint: of("faint"),
    surface: of("surface"),
    page: of("page"),
    land: of("land"),
    water: of("water"),
    good: of("good"),
    warn: of("warn"),
    bad: of("bad"),
    accent: of("accent"),
    font: of("font"),
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((one) => of(`series-${one}`)),
  };
}

const language = document.documentElement.lang || "en";
const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });

/** A number as people of this language write it. */
export function number(value) {
  if (value === null || value === undefined || value === "-" || Number.isNaN(value)) return "–";
  return typeof value === "number" ? plain.format(value) : String(value);
}
