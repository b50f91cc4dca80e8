// Drag a planned campaign to another day. The form beside it does the same by a press; without script only that.

let held = null;

const day = (event) => event.target.closest?.(".fan-day");
const clear = () => document.querySelectorAll(".fan-drop").forEach((one) => one.classList.remove("fan-drop"));

document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-move]");
  if (held) event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  if (!held || !day(event)) return;
  event.preventDefault();
  clear();
  day(event).classList.add("fan-drop");
});
document.addEventListener("dragend", () => { held = null; clear(); });
document.addEventListener("drop", (event) => {
  const on = day(event)?.dataset.on;
  if (!held || !on) return;
  event.preventDefault();
  const form = held.querySelector("form");
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "on", value: on });
  form.append(field);
  form.submit();
});
