// Improves the share pages; all of them work without it. No foreign host, nothing stored.
(() => {
  "use strict";
  const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
  const cut = (text) => (segmenter ? Array.from(segmenter.segment(text), (part) => part.segment) : Array.from(text));
  const light = (code) => code <= 4351 || (code >= 8192 && code <= 8205) || (code >= 8208 && code <= 8223) || (code >= 8242 && code <= 8247);
  const emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;
  const weigh = (part) => (/\p{Emoji_Presentation}|\u200d|\ufe0f/u.test(part) || (emoji.test(part) && !light(part.codePointAt(0)))
    ? 2 : Array.from(part.normalize("NFC")).reduce((sum, c) => sum + (light(c.codePointAt(0)) ? 1 : 2), 0));
  const measure = (text, unit) => (unit === "weighted" ? cut(text).reduce((sum, part) => sum + weigh(part), 0) : cut(text).length);

  const copy = async (field) => {
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      field.focus();
      field.select();
      return document.execCommand("copy");
    }
  };

  // Every network's own count, as she types.
  const form = document.querySelector("form[data-share]");
  const text = form && form.querySelector("textarea[name=text]");
  const count = () => {
    for (const left of form.querySelectorAll("[data-left]")) {
      const n = Number(left.dataset.room) - measure(text.value.trim(), left.dataset.unit);
      left.textContent = `${Math.abs(n)} ${n < 0 ? left.dataset.over : left.dataset.words}`;
      left.classList.toggle("over", n < 0);
      left.hidden = n > 999;
    }
  };
  if (form && text) text.addEventListener("input", count);

  // The phone's own share sheet and the clipboard: the press is told to us first, as for every network.
  const press = async (network) => {
    const body = new URLSearchParams(new FormData(form));
    body.set("network", network);
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const sheet = form && form.querySelector("[data-sheet]");
  if (sheet && navigator.share) {
    sheet.hidden = false;
    sheet.parentElement.prepend(sheet);
    sheet.querySelector("button").addEventListener("click", async (event) => {
      event.preventDefault();
      try {
        await navigator.share(await press("webshare"));
      } catch (why) {
        if (why.name !== "AbortError") form.requestSubmit(sheet.querySelector("button"));
      }
    }, { once: false });
  }

  // The page after a press: opens the programme at once, copies with one tap.
  const opened = document.querySelector("[data-open]");
  if (opened) {
    const composer = opened.querySelector("[data-composer]");
    if (composer && /Mobi|Android/.test(navigator.userAgent)) location.assign(composer.href);
    opened.querySelector("[data-copiers]").hidden = false;
    for (const field of opened.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
    for (const button of opened.querySelectorAll("[data-copy-from]")) {
      button.addEventListener("click", async () => {
        const done = await copy(document.getElementById(button.dataset.copyFrom));
        opened.querySelector("[data-status]").hidden = !done;
      });
    }
  }

  // The letter in its frame, as high as it is.
  const letter = document.querySelector("[data-letter]");
  if (letter) {
    const grow = () => {
      const page = letter.contentDocument && letter.contentDocument.documentElement;
      if (!page || !letter.contentDocument.body || !letter.contentDocument.body.childElementCount) return;
      letter.style.minHeight = letter.style.height = "0";
      letter.style.height = `${page.scrollHeight + 2}px`;
    };
    grow();
    letter.addEventListener("load", grow);
    addEventListener("resize", grow);
  }
})();
