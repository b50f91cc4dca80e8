/* Without network: notes are kept in this phone's storage with their time, and sent once the till opens with network.
   The offline page writes them (form #note); the till's first page sends them (form #till-notes). */
(function () {
  "use strict";

  var KEY = "fanfare_notes", ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

  function all() {
    try { return JSON.parse(window.localStorage.getItem(KEY)) || []; } catch (broken) { return []; }
  }
  function put(notes) { window.localStorage.setItem(KEY, JSON.stringify(notes)); }

  function ident() {
    var bytes = new Uint8Array(16);
    window.crypto.getRandomValues(bytes);
    return Array.from(bytes, function (one) { return ("0" + one.toString(16)).slice(-2); }).join("");
  }

  /* The check character: a sum over GF(32), as social/offers/codes.py has it. */
  function times(a, b) {
    var product = 0;
    for (; b; b >>= 1) {
      if (b & 1) product ^= a;
      a <<= 1;
      if (a & 32) a ^= 37;
    }
    return product;
  }
  function hasSlip(raw) {
    var code = raw.toUpperCase().replace(/[\s._‐-―-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    if (code.length !== 11) return false; /* a partner's own code: nothing to compare with */
    var total = 0, power = 1;
    for (var place = 0; place < 10; place += 1) {
      var value = ALPHABET.indexOf(code[place]);
      if (value < 0) return false;
      power = times(power, 2);
      total ^= times(power, value);
    }
    return ALPHABET[total] !== code[10];
  }

  var form = document.getElementById("note");
  if (form) {
    var said = form.querySelector("[data-said]"), list = document.querySelector("[data-notes]");
    var field = function (name) { return document.getElementById(name); };
    var show = function () {
      list.textContent = "";
      all().forEach(function (note) {
        var line = document.createElement("li");
        line.textContent = new Date(note.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) + " · …" +
          note.code.slice(-5) + (note.amount ? " · " + note.amount : "");
        list.appendChild(line);
      });
    };
    var warned = "";
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      var code = field("code").value.trim();
      said.hidden = false;
      if (hasSlip(code) && warned !== code) {
        warned = code; /* pressed again, it is noted all the same */
        said.textContent = form.dataset.wrong;
        return;
      }
      put(all().concat({ id: ident(), code: code, at: new Date().toISOString(), amount: field("amount").value,
        order: field("order").value }));
      form.reset();
      said.textContent = form.dataset.noted;
      field("code").focus();
      show();
    });
    show();
  }

  var sending = document.getElementById("till-notes");
  if (sending && all().length) {
    window.fetch(sending.action, {
      method: "POST",
      headers: { "Content-Type": "application/json",
        "X-CSRFToken": sending.querySelector("[name=csrfmiddlewaretoken]").value },
      body: JSON.stringify({ notes: all() })
    }).then(function (answer) { return answer.ok ? answer.json() : { kept: [] }; }).then(function (answer) {
      put(all().filter(function (note) { return answer.kept.indexOf(note.id) < 0; }));
      if (answer.kept.length) document.getElementById("till-notes-kept").hidden = false;
    }).catch(function () { /* still no network: they stay */ });
  }

  if (sending && "serviceWorker" in navigator) navigator.serviceWorker.register("/till/worker.js", { scope: "/till/" });
})();
