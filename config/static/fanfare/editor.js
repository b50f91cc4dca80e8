// The mail editor made quick: the preview follows each keystroke, work saves itself, undo, drag, keys. The form works without it.
(() => {
  "use strict";
  const form = document.getElementById("mail");
  if (!form) return;
  document.documentElement.classList.add("mail-scripted");
  const status = form.querySelector(".mail-status");
  const undoButton = form.querySelector("[data-undo]");
  const redoButton = form.querySelector("[data-redo]");
  const part = () => document.getElementById("mail-form");
  const say = (words) => { status.textContent = words; };
  const LOOK_AFTER = 120; // ms without a keystroke
  const SAVE_AFTER = 1500;
  const MOST_STEPS = 100;

  const logo = form.querySelector("[name=style-logo]");
  // What the form holds; a chosen logo goes along only when it is to be kept.
  const written = (press) => {
    const data = new FormData(form);
    if (press !== "style") data.delete("style-logo");
    return data;
  };

  // --- The preview -----------------------------------------------------------------------------------------------------
  let looking = null;
  let lookTimer = 0;
  const look = async () => {
    looking?.abort();
    looking = new AbortController();
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: written(), signal: looking.signal });
      if (!answer.ok) return;
      const html = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("mail-preview").replaceWith(html.getElementById("mail-preview"));
    } catch (error) {
      if (error.name !== "AbortError") say(form.dataset.unsaved);
    }
  };
  const lookSoon = () => {
    clearTimeout(lookTimer);
    lookTimer = setTimeout(look, LOOK_AFTER);
  };

  // --- Saving, and the steps back ---------------------------------------------------------------------------------------
  const past = [];
  const future = [];
  let now = part().dataset.state;
  let saveTimer = 0;
  let queue = Promise.resolve();
  const step = (state) => {
    if (state === now) return;
    past.push(now);
    if (past.length > MOST_STEPS) past.shift();
    future.length = 0;
    now = state;
  };
  const buttons = () => {
    undoButton.disabled = past.length === 0;
    redoButton.disabled = future.length === 0;
  };
  const openIds = () => new Set([...part().querySelectorAll(".mail-card[open]")].map((card) => card.id));

  // Sends the form and what was pressed; answers the fresh form, which stands in for the old one unless she is still writing.
  const send = async (press, more, replaces) => {
    clearTimeout(saveTimer);
    say(form.dataset.saving);
    const data = written(press);
    data.set("press", press);
    for (const [name, value] of Object.entries(more)) data.set(name, value);
    let answer;
    try {
      answer = await fetch(location.pathname, { method: "POST", body: data, headers: { "X-Fanfare-Part": "1" } });
    } catch {
      say(form.dataset.unsaved);
      return null;
    }
    if (!answer.ok) {
      say([400, 401, 409].includes(answer.status) ? await answer.text() : form.dataset.unsaved);
      return null;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("mail-form");
    if (!fresh) {
      say(form.dataset.unsaved);
      return null;
    }
    if (press === "style" && logo) logo.value = "";
    const open = openIds();
    if (replaces) {
      part().replaceWith(fresh);
      const stays = /^(up|down|move|state)/.test(press); // a block that is only moved stays as open as it was
      for (const card of part().querySelectorAll(".mail-card")) card.open = open.has(card.id) || (card.open && !stays);
    } else {
      part().dataset.state = fresh.dataset.state;
      part().querySelector("[name=stamp]").value = fresh.querySelector("[name=stamp]").value;
      document.getElementById("mail-told").replaceWith(fresh.querySelector("#mail-told"));
      for (const card of fresh.querySelectorAll(".mail-card")) {
        const old = document.getElementById(card.id)?.querySelector(".mail-summary");
        if (old) old.textContent = card.querySelector(".mail-summary").textContent;
      }
    }
    say(form.dataset.saved);
    return part().dataset.state;
  };
  const inTurn = (work) => {
    queue = queue.then(work, work);
    return queue;
  };
  const save = () => inTurn(async () => {
    const state = await send("save", {}, false);
    if (state !== null) step(state);
    buttons();
  });
  const press = (what, focus) => inTurn(async () => {
    const state = await send(what, {}, true);
    if (state === null) return;
    step(state);
    buttons();
    look();
    const opened = part().querySelector(".mail-card[open]:not([data-seen])");
    const card = document.getElementById(focus) || (what.startsWith("add:") || what.startsWith("copy:") ? lastOpened() : opened);
    card?.querySelector("summary").focus();
    card?.scrollIntoView({ block: "nearest" });
  });
  const lastOpened = () => [...part().querySelectorAll(".mail-card[open]")].pop();
  const back = (from, to) => inTurn(async () => {
    if (from.length === 0) return;
    const state = from[from.length - 1];
    const answered = await send("state", { state }, true);
    if (answered === null) return;
    from.pop();
    to.push(now);
    now = answered;
    buttons();
    look();
  });
  const undo = () => save().then(() => back(past, future));
  const redo = () => back(future, past);

  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-find]")) return;
    lookSoon();
    if (event.target.closest("#mail-form")) saveSoon();
  });
  const saveSoon = () => {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, SAVE_AFTER);
  };
  form.addEventListener("trix-change", () => { lookSoon(); saveSoon(); });
  form.addEventListener("trix-file-accept", (event) => event.preventDefault());
  undoButton.addEventListener("click", undo);
  redoButton.addEventListener("click", redo);

  // A press that changes the blocks happens in place; publishing shows a page of its own.
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=press]");
    if (button && button.value !== "publish") {
      event.preventDefault();
      const [verb, id] = button.value.split(":");
      press(button.value, ["up", "down"].includes(verb) ? id : "");
    }
    const insert = event.target.closest("[data-insert]");
    if (insert) put(insert.dataset.insert);
  });

  // --- Names go where she wrote last ------------------------------------------------------------------------------------
  let field = null;
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("#mail-form input:not([type=hidden]), #mail-form textarea, trix-editor")) field = event.target;
  });
  const put = (tag) => {
    const target = field && field.isConnected ? field : part().querySelector("[name=subject]");
    if (target.editor) {
      target.editor.insertString(tag);
    } else {
      target.setRangeText(tag, target.selectionStart ?? 0, target.selectionEnd ?? 0, "end");
      target.dispatchEvent(new Event("input", { bubbles: true }));
    }
    target.focus();
  };

  // --- Moving by keys and by hand -----------------------------------------------------------------------------------------
  form.addEventListener("keydown", (event) => {
    const card = event.target.matches(".mail-card > summary") ? event.target.parentElement : null;
    if (card && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      press(`${event.key === "ArrowUp" ? "up" : "down"}:${card.id}`, card.id);
    }
    const typing = event.target.matches("input, textarea, trix-editor, select");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
      event.preventDefault();
      if (event.shiftKey) redo(); else undo();
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      save();
    }
    // Enter in a line of the form would press its first button.
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  let dragged = null;
  form.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".mail-handle") ? event.target.closest(".mail-card") : null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.id);
    dragged.classList.add("mail-dragged");
  });
  const over = (event) => {
    const card = event.target.closest?.(".mail-card");
    return dragged && card && card !== dragged ? card : null;
  };
  const clear = () => form.querySelectorAll(".mail-over").forEach((card) => card.classList.remove("mail-over"));
  form.addEventListener("dragover", (event) => {
    const card = over(event);
    if (!card) return;
    event.preventDefault();
    clear();
    card.classList.add("mail-over");
  });
  form.addEventListener("drop", (event) => {
    const card = over(event);
    if (!card) return;
    event.preventDefault();
    press(`move:${dragged.id}:${card.dataset.place}`, dragged.id);
  });
  form.addEventListener("dragend", () => {
    clear();
    dragged?.classList.remove("mail-dragged");
    dragged = null;
  });

  // --- Looking through somebody's eyes -------------------------------------------------------------------------------------
  const find = form.querySelector("[data-find]");
  const list = document.getElementById("mail-people");
  const seen = form.querySelector("[name=seen_by]");
  const known = new Map();
  let findTimer = 0;
  find?.addEventListener("input", () => {
    const chosen = known.get(find.value);
    if (chosen) {
      const option = [...seen.options].find((one) => one.value === chosen) || seen.appendChild(new Option(find.value, chosen));
      seen.value = option.value;
      look();
      return;
    }
    clearTimeout(findTimer);
    findTimer = setTimeout(async () => {
      const answer = await fetch(`${form.dataset.people}?q=${encodeURIComponent(find.value)}`);
      if (!answer.ok) return;
      const { people } = await answer.json();
      list.replaceChildren(...people.map((person) => {
        known.set(person.name, String(person.id));
        return new Option(person.name, person.name);
      }));
    }, 200);
  });
})();
