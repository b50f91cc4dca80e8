/* The till without network: pages come from the network, and only when that fails from what this phone keeps.
   KEPT is written in front of this by the server. */
"use strict";

self.addEventListener("install", function (event) {
  event.waitUntil(self.caches.open("fanfare-till").then(function (cache) { return cache.addAll(KEPT); })
    .then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (event) {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", function (event) {
  var path = new URL(event.request.url).pathname;
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(function () { return self.caches.match("/till/offline/"); }));
  } else if (KEPT.indexOf(path) >= 0) {
    event.respondWith(fetch(event.request).catch(function () { return self.caches.match(path); }));
  }
});
