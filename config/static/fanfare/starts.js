// The gallery of a new mail shows its letters in the style of the brand that is chosen above it.
(function () {
  "use strict";

  function show(brand) {
    document.querySelectorAll("[data-starts] iframe").forEach(function (frame) {
      var address = new URL(frame.src, window.location.href);
      if (address.searchParams.get("brand") === brand) return;
      address.searchParams.set("brand", brand);
      frame.src = address.href;
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    var brand = document.querySelector("select[name=brand]");
    if (!brand) return;
    brand.addEventListener("change", function () {
      if (brand.value) show(brand.value);
    });
    if (brand.value) show(brand.value);
  });
})();
