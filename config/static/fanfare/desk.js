// What the theme leaves out on lists and forms: a name for every select2 box, spoken as the label beside it.
// And a page's help, which becomes part of the page only when it is opened: its words are not the page's own.
(function () {
  "use strict";

  function heading(select) {
    var cell = select.closest("td");
    var table = select.closest("table");
    return cell && table ? table.querySelectorAll("thead th")[cell.cellIndex] : null;
  }

  function named(select) {
    var box = select.nextElementSibling;
    var label = document.querySelector('label[for="' + select.id + '"]') || heading(select);
    if (!label || !box || !box.classList.contains("select2")) return;
    label.id = label.id || select.id + "-label";
    box.querySelectorAll('[role="combobox"]').forEach(function (one) {
      var shown = box.querySelector(".select2-selection__rendered");
      one.setAttribute("aria-labelledby", label.id + (shown && shown.id ? " " + shown.id : ""));
    });
    box.querySelectorAll('[role="textbox"], .select2-search__field').forEach(function (one) {
      one.setAttribute("aria-labelledby", label.id);
    });
  }

  function all() {
    document.querySelectorAll("select.select2-hidden-accessible").forEach(named);
  }

  function unfold(event) {
    var words = event.target.open && event.target.querySelector && event.target.querySelector(":scope > template");
    if (words) words.replaceWith(words.content);
  }

  document.addEventListener("toggle", unfold, true);
  window.addEventListener("load", function () { window.setTimeout(all); });
  document.addEventListener("formset:added", function () { window.setTimeout(all); });
})();
