// What was typed into a dialog is there again if it was refused: nobody counts a delivery twice.

const PREFIX = "sampan-typed:";
const fields = (form) =>
  [...form.elements].filter(
    (one) => one.name && !["hidden", "file", "password"].includes(one.type) && one.type !== "submit",
  );

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.closest("dialog")) return;
  const typed = fields(form).map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]);
  sessionStorage.setItem(PREFIX + form.action, JSON.stringify(typed));
});

/** After a refusal the dialog is open again, with what was typed and why it was refused. */
export function bringBackTyped() {
  const refusal = document.querySelector(".bar.bad[data-message]");
  for (const form of document.querySelectorAll("dialog form")) {
    const kept = sessionStorage.getItem(PREFIX + form.action);
    sessionStorage.removeItem(PREFIX + form.action);
    if (!kept || !refusal) continue;
    for (const [name, value] of JSON.parse(kept)) {
      const field = form.elements[name];
      if (field?.type === "checkbox") field.checked = value;
      else if (field) field.value = value;
    }
    const dialog = form.closest("dialog");
    const note = document.createElement("div");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    note.textContent = refusal.textContent;
    form.prepend(note);
    dialog.showModal();
  }
}
