// The searched lists of the segment builder: an input with a list below it, by mouse, touch or keyboard.
//
// <span data-pick="/admin/…/suggest/?of=campaign"><input type="hidden"><input role="combobox"><ul role="listbox"></ul></span>
//
// The hidden input keeps the value and tells of a choice with "picked" (htmx rebuilds) and "change" (the count follows).

const WAIT = 150; // ms between a key and the question
let asking = 0;

const parts = (pick) => ({
  kept: pick.querySelector("input[type=hidden]"),
  box: pick.querySelector("[role=combobox]"),
  list: pick.querySelector("[role=listbox]"),
});

const open = (pick, isOpen) => {
  const { box, list } = parts(pick);
  list.hidden = !isOpen;
  box.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) box.removeAttribute("aria-activedescendant");
};

const choices = (list) => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];

const light = (pick, option) => {
  const { box, list } = parts(pick);
  for (const one of choices(list)) one.setAttribute("aria-selected", String(one === option));
  if (!option) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
};

const ask = async (pick, words) => {
  const { box, list } = parts(pick);
  const mine = ++asking;
  const url = new URL(pick.dataset.pick, location.href);
  url.searchParams.set("q", words);
  const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } });
  if (!answer.ok || mine !== asking || document.activeElement !== box) return;
  list.innerHTML = await answer.text();
  choices(list).forEach((option, n) => (option.id = `${list.id}-${n}`));
  pick.dataset.free = answer.headers.get("X-Free") || "";
  open(pick, true);
  if (words) light(pick, choices(list)[0]);
};

const take = (pick, value, label) => {
  const { kept, box } = parts(pick);
  const isNew = kept.value !== value;
  kept.value = value;
  box.value = label;
  box.dataset.label = label;
  open(pick, false);
  if (!isNew) return;
  kept.dispatchEvent(new Event("picked", { bubbles: true }));
  kept.dispatchEvent(new Event("change", { bubbles: true }));
};

const leave = (pick) => {
  const { kept, box, list } = parts(pick);
  const typed = box.value.trim();
  const said = box.dataset.label ?? box.defaultValue;
  if (typed === said) return open(pick, false);
  if (!typed) return take(pick, "", "");
  const same = choices(list).find((one) => one.dataset.label.toLowerCase() === typed.toLowerCase());
  if (same) return take(pick, same.dataset.value, same.dataset.label);
  if (pick.dataset.free) return take(pick, typed, typed);
  box.value = kept.value ? said : "";
  open(pick, false);
};

const pickOf = (event) => event.target.closest?.("[data-pick]");

document.addEventListener("focusin", (event) => {
  const pick = pickOf(event);
  if (!pick || event.target.getAttribute("role") !== "combobox") return;
  event.target.select();
});

document.addEventListener("click", (event) => {
  const pick = pickOf(event);
  if (pick && event.target.getAttribute("role") === "combobox" && parts(pick).list.hidden) ask(pick, "");
});

document.addEventListener("input", (event) => {
  const pick = pickOf(event);
  if (!pick || event.target.getAttribute("role") !== "combobox") return;
  event.stopPropagation(); // words that are searched for are no value yet
  clearTimeout(pick.waiting);
  pick.waiting = setTimeout(() => ask(pick, event.target.value.trim()), WAIT);
}, true);

document.addEventListener("change", (event) => {
  if (pickOf(event) && event.target.getAttribute("role") === "combobox") event.stopPropagation();
}, true);

document.addEventListener("keydown", (event) => {
  const pick = pickOf(event);
  if (!pick || event.target.getAttribute("role") !== "combobox") return;
  const { list, box } = parts(pick);
  const all = choices(list);
  const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) return void ask(pick, "");
    const to = event.key === "ArrowDown" ? now + 1 : now - 1;
    light(pick, all[(to + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault(); // Enter chooses; it never saves a half-built segment
    if (!list.hidden && now >= 0) take(pick, all[now].dataset.value, all[now].dataset.label);
    else leave(pick);
  } else if (event.key === "Escape" && !list.hidden) {
    event.stopPropagation();
    open(pick, false);
    box.value = box.dataset.label ?? box.defaultValue;
  }
});

document.addEventListener("focusout", (event) => {
  const pick = pickOf(event);
  if (pick && event.target.getAttribute("role") === "combobox") leave(pick);
});

document.addEventListener("pointerdown", (event) => {
  const option = event.target.closest?.("[data-pick] [role=option]");
  if (!option || option.hasAttribute("aria-disabled")) return;
  event.preventDefault(); // the cursor stays in the input
});

document.addEventListener("click", (event) => {
  const option = event.target.closest?.("[data-pick] [role=option]");
  if (!option || option.hasAttribute("aria-disabled")) return;
  take(option.closest("[data-pick]"), option.dataset.value, option.dataset.label);
});
