// Tables that show all their rows can be sorted by a column: a press on its heading, once more for
// the other way round. A cell's `data-sort` is what it is sorted by, where its text is not.

const language = document.documentElement.lang || "en";
const words = new Intl.Collator(language, { numeric: true });
const parts = new Intl.NumberFormat(language).formatToParts(12345.6);
const part = (type, otherwise) => parts.find((one) => one.type === type)?.value ?? otherwise;
const [group, point] = [part("group", ","), part("decimal", ".")];

/** What a cell is sorted by: a number, a text, or null for nothing stated. */
function keyOf(cell) {
  const text = cell.dataset.sort ?? cell.textContent.trim();
  if (text === "" || text === "–") return null;
  if (!cell.classList.contains("number")) return text;
  const plain = text.replaceAll(group, "").replace(point, ".").replace("−", "-");
  return Number.parseFloat(plain.replace(/[^\d.-]/g, ""));
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null); // nothing stated: always last
  return typeof a === "number" ? a - b : words.compare(a, b);
}

function sort(heading) {
  const table = heading.closest("table");
  const upward = heading.getAttribute("aria-sort") !== "ascending";
  const column = heading.cellIndex;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", upward ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
  rows.sort(([a], [b]) => (upward || a === null || b === null ? compare(a, b) : compare(b, a)));
  body.append(...rows.map(([, row]) => row));
}

/** Makes the headings of such tables buttons; without scripts they stay words. */
export function offerSorting(under) {
  for (const heading of under.querySelectorAll("table[data-sorts] thead th")) {
    const text = heading.textContent.trim();
    if (!text || heading.querySelector("button, .visually-hidden")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sorts";
    button.textContent = text;
    button.addEventListener("click", () => sort(heading));
    heading.replaceChildren(button);
  }
}
