// Fields whose own look would be in the browser's language, not the page's: days and files.

/** 2020-02-14 for what was typed (also 2020/2/14, 20200214, 2020年2月14日); null for no day. */
export function readDay(text) {
  const ascii = text.trim().normalize("NFKC");
  const found =
    ascii.match(/^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/) ??
    ascii.match(/^(\d{4})(\d{2})(\d{2})$/);
  if (!found) return null;
  const [year, month, day] = found.slice(1).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return date.toISOString().slice(0, 10);
}

/** What was typed is brought into one form, or marked as no day. */
function settle(input) {
  const day = readDay(input.value);
  if (day) input.value = day;
  const wrong = input.value.trim() !== "" && !day;
  input.setCustomValidity(wrong ? input.dataset.wrong : "");
  input.setAttribute("aria-invalid", String(wrong));
}

// before anything else hears of the change, such as a filter that applies at once
document.addEventListener(
  "change",
  (event) => {
    const input = event.target;
    if (input.matches("[data-picker]")) {
      event.stopImmediatePropagation();
      const typed = input.parentElement.querySelector("[data-day]");
      typed.value = input.value;
      typed.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (input.matches("[data-day]")) {
      settle(input);
    } else if (input.matches("[data-file]")) {
      const shown = document.querySelector(`[data-file-name="${input.id}"]`);
      shown.dataset.none ??= shown.textContent;
      shown.textContent = input.files[0]?.name ?? shown.dataset.none;
    }
  },
  true,
);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-picks]");
  if (!button) return;
  const picker = button.parentElement.querySelector("[data-picker]");
  picker.value = readDay(document.getElementById(button.dataset.picks).value) ?? "";
  picker.showPicker();
});

/** Shows the calendars' buttons where the browser has a calendar to open. */
export function offerCalendars(under) {
  if (!("showPicker" in HTMLInputElement.prototype)) return;
  for (const button of under.querySelectorAll("[data-picks]")) button.hidden = false;
}
