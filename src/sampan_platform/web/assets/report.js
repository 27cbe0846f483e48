// The report's table: checks as one types, drafts in this browser, pasting a block from Excel, and
// sending once however bad the line is. The form works without any of this.
const form = document.getElementById("report-form");
const QUEUE = "sampan-queue";

/** A number as people write it: full-width digits, thousands marked, spaces. */
function read(text) {
  const plain = text.normalize("NFKC").replace(/[\s,，]/g, "");
  return plain === "" ? null : /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
}

function warn(input) {
  const place = document.getElementById(input.getAttribute("aria-describedby"))?.querySelector(".warning");
  if (!place) return;
  const value = read(input.value);
  const before = input.dataset.before === undefined ? null : Number(input.dataset.before);
  let text = "";
  let wrong = false;
  if (Number.isNaN(value)) [text, wrong] = [form.dataset.noNumber, true];
  else if (value !== null && value < 0) [text, wrong] = [form.dataset.belowZero, true];
  else if (value !== null && before > 0 && value > 2 * before) text = form.dataset.muchMore;
  else if (value !== null && before > 0 && value < before / 2) text = form.dataset.muchLess;
  if (!text && input.dataset.measure === "output" && value !== null) {
    const capacity = input.closest("tr").querySelector("[data-measure=effective_capacity]");
    const most = capacity ? read(capacity.value) ?? Number(capacity.dataset.before ?? NaN) : NaN;
    if (value > most) text = form.dataset.aboveCapacity;
  }
  place.textContent = text;
  place.classList.toggle("state", text !== "");
  place.classList.toggle("warn", text !== "" && !wrong);
  place.classList.toggle("bad", wrong);
  input.setAttribute("aria-invalid", String(wrong));
}

/** A block of cells, copied from Excel, from this field to the right and down. */
function paste(event) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const rows = [...document.querySelectorAll("#report-table tbody tr")];
  const inputs = (row) => [...row.querySelectorAll("input")];
  const firstRow = rows.indexOf(event.target.closest("tr"));
  const firstColumn = inputs(rows[firstRow]).indexOf(event.target);
  text.replace(/\r/g, "").replace(/\n$/, "").split("\n").forEach((line, down) => {
    line.split("\t").forEach((cell, right) => {
      const input = rows[firstRow + down] && inputs(rows[firstRow + down])[firstColumn + right];
      if (!input) return;
      input.value = cell.trim();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
}

const draftKey = form && `sampan-draft:${form.dataset.key}`;
const sendingKey = form && `sampan-sending:${form.dataset.key}`;
const draft = () => JSON.parse(localStorage.getItem(draftKey) ?? "{}");

/** What was sent and taken is no draft any more; what was refused still is. */
function dropTaken() {
  const sending = localStorage.getItem(sendingKey);
  if (sending && new URLSearchParams(location.search).get("sent") === sending) {
    localStorage.removeItem(draftKey);
  }
  localStorage.removeItem(sendingKey);
}

function keepDraft() {
  // on a page that refused, what was typed before is what the fields began with
  const typed = "refused" in form.dataset ? draft() : {};
  for (const input of form.querySelectorAll("#report-table input")) {
    if (input.value !== input.defaultValue || input.name in typed) typed[input.name] = input.value;
  }
  if (Object.keys(typed).length) localStorage.setItem(draftKey, JSON.stringify(typed));
  else localStorage.removeItem(draftKey);
  const state = document.getElementById("draft-state");
  state.textContent = Object.keys(typed).length ? state.dataset.kept : "";
}

function takeDraft() {
  const typed = draft();
  for (const [name, value] of Object.entries(typed)) {
    const input = form.elements[name];
    if (input) input.value = value;
  }
  document.getElementById("draft-note").hidden =
    "refused" in form.dataset || Object.keys(typed).length === 0;
}

const queue = () => JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
const setQueue = (list) => localStorage.setItem(QUEUE, JSON.stringify(list));

/** Sends what waits, oldest first; the form's own number makes sure that it counts once. */
async function sendQueue() {
  for (const one of queue()) {
    let answer;
    try {
      answer = await fetch(one.address, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: one.body,
        redirect: "follow",
      });
    } catch {
      return false; // still no line
    }
    if (answer.status >= 500) return false;
    setQueue(queue().filter((other) => other.once !== one.once));
    if (answer.redirected && !answer.url.includes("/sign-in/")) {
      localStorage.removeItem(one.draft);
      const sent = document.getElementById("queue-sent");
      sent.querySelector("a").href = answer.url;
      sent.hidden = false;
    } else {
      // refused: what was typed stands in the table again, to be corrected and sent
      localStorage.setItem(one.draft, JSON.stringify(one.typed));
      document.getElementById("queue-refused").hidden = false;
    }
  }
  document.getElementById("queue-note").hidden = true;
  return true;
}

async function send() {
  if (navigator.onLine) {
    try {
      await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(4000) });
      localStorage.setItem(sendingKey, form.elements.once.value);
      return true;
    } catch {
      // the browser thinks that it has a line, and has none
    }
  }
  const body = new URLSearchParams(new FormData(form)).toString();
  const number = form.elements.once.value;
  if (!queue().some((one) => one.once === number)) {
    setQueue([
      ...queue(),
      { address: location.pathname, body, once: number, draft: draftKey, typed: draft() },
    ]);
  }
  document.getElementById("queue-note").hidden = false;
  return false;
}

if (form) {
  const inputs = form.querySelectorAll("#report-table input.number");
  dropTaken();
  takeDraft();
  inputs.forEach(warn);
  form.addEventListener("input", (event) => {
    if (event.target.matches("input.number")) warn(event.target);
    keepDraft();
  });
  form.addEventListener("paste", paste);
  let mayGo = false;
  form.addEventListener(
    "submit",
    async (event) => {
      if (mayGo) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (await send()) {
        mayGo = true;
        form.requestSubmit();
      }
    },
    true,
  );
  document.getElementById("draft-drop").addEventListener("click", () => {
    localStorage.removeItem(draftKey);
    form.reset();
    inputs.forEach(warn);
    document.getElementById("draft-note").hidden = true;
  });
}
if (queue().length) {
  document.getElementById("queue-note").hidden = false;
  sendQueue();
}
window.addEventListener("online", sendQueue);
setInterval(() => queue().length && sendQueue(), 15000);
