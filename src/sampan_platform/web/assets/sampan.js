// What every page loads: htmx and a few small manners. No words stand in scripts: pages hand them
// over in data attributes, translated.
import htmx from "htmx.org";
import { offerCalendars } from "./parts/fields.js";
import { bringBackTyped } from "./parts/kept.js";
import { offerSorting } from "./parts/sorting.js";

htmx.config.includeIndicatorStyles = false; // the content security policy allows no inline style
htmx.config.allowEval = false;
htmx.config.historyCacheSize = 0; // what one person saw is not left in a shared browser
htmx.config.timeout = 60000;

/** Light, dark, or as the system says; kept in this browser. */
function chooseTheme(theme) {
  if (theme) localStorage.setItem("theme", theme);
  const kept = localStorage.getItem("theme") ?? "auto";
  document.documentElement.dataset.theme = kept;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === kept));
  }
  document.dispatchEvent(new CustomEvent("sampan:theme"));
}

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) chooseTheme(theme.dataset.themeChoice);
  const filler = event.target.closest("[data-fills]");
  if (filler) {
    const form = document.getElementById(filler.dataset.fills).querySelector("form");
    for (const [name, value] of Object.entries(filler.dataset)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
  }
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog")?.close();
  const toggle = event.target.closest("[data-toggles]");
  if (toggle) {
    const open = document.getElementById(toggle.dataset.toggles).classList.toggle(toggle.dataset.toggleClass);
    toggle.setAttribute("aria-expanded", String(open));
  }
  const printer = event.target.closest("[data-print]");
  if (printer) window.print();
});

// a choice in a filter applies at once; without scripts the form's own button does
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.submit();
  // whoever fills in a part of a form means that part
  const part = event.target.closest("[data-chooses]");
  if (part) document.getElementById(part.dataset.chooses).checked = true;
  const form = event.target.closest("form[data-applies]");
  if (form && !event.target.matches("[data-waits]")) form.requestSubmit();
});

// whoever presses twice has said it once
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.setAttribute("aria-busy", "true");
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

function tellConnection() {
  const bar = document.getElementById("offline");
  if (bar) bar.hidden = navigator.onLine;
}
window.addEventListener("online", tellConnection);
window.addEventListener("offline", tellConnection);

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    const bar = document.getElementById("request-failed");
    if (bar) bar.hidden = false;
  });
}
document.addEventListener("htmx:afterOnLoad", () => {
  const bar = document.getElementById("request-failed");
  if (bar) bar.hidden = true;
});

/** What scrolls by itself can be reached and scrolled by the keyboard. */
function openToKeyboard(under) {
  for (const place of under.querySelectorAll(".scroll, .tall")) {
    if (!place.hasAttribute("tabindex")) place.tabIndex = 0;
  }
}
document.addEventListener("htmx:afterSettle", (event) => {
  openToKeyboard(event.target);
  offerCalendars(event.target);
  offerSorting(event.target);
});

openToKeyboard(document);
offerCalendars(document);
bringBackTyped();
offerSorting(document);
chooseTheme();
tellConnection();
document.documentElement.dataset.ready = "1";
