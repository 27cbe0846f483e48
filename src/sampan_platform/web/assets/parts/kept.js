// What was typed into a form is there again if it was refused: nobody counts a delivery twice.
// The table of a report keeps its own drafts.

const PREFIX = "sampan-typed:";
const fields = (form) =>
  [...form.elements].filter(
    (one) => one.name && !["hidden", "file", "password"].includes(one.type) && one.type !== "submit",
  );

/** A form is known again by where it sends to and by its place among the page's forms. */
const forms = () => [...document.querySelectorAll("main form[method=post]:not(#report-form)")];
const keyOf = (form) => `${PREFIX}${forms().indexOf(form)}:${form.action}`;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!forms().includes(form)) return;
  const typed = fields(form).map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]);
  sessionStorage.setItem(keyOf(form), JSON.stringify(typed));
});

function tellIn(dialog, form, refusal) {
  const note = document.createElement("div");
  note.className = "note bad";
  note.setAttribute("role", "alert");
  note.textContent = refusal.textContent;
  form.prepend(note);
  dialog.showModal();
}

/** After a refusal a form holds what was typed; a dialog is open again and says why. */
export function bringBackTyped() {
  const refusal = document.querySelector(".bar.bad[data-message]");
  for (const form of forms()) {
    const kept = sessionStorage.getItem(keyOf(form));
    sessionStorage.removeItem(keyOf(form));
    if (!kept || !refusal) continue;
    for (const [name, value] of JSON.parse(kept)) {
      const field = form.elements[name];
      if (!field) continue;
      if (field.type === "checkbox") field.checked = value;
      else field.value = value;
    }
    const dialog = form.closest("dialog");
    if (dialog) tellIn(dialog, form, refusal);
  }
}
