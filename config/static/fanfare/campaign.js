// The live panel of a campaign: says when its numbers stopped coming, and that it goes on by itself.
//
// htmx asks every few seconds; a question that fails leaves the panel as it was and is asked again.

const LIVE = ["fan-progress", "fan-watch"];
const notice = () => document.getElementById("fan-lost");
let heard = new Date();

const say = (words) => {
  const line = notice();
  if (!line || (!line.hidden && line.textContent === words)) return;
  line.textContent = words;
  line.hidden = false;
};

const isLive = (event) => LIVE.includes(event.detail.elt?.id);

const lost = (event) => {
  if (isLive(event)) say(notice().dataset.lost.replace("{time}", heard.toLocaleTimeString(document.documentElement.lang)));
};

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, lost);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isLive(event)) event.detail.xhr.timeout = 10_000; // ms
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isLive(event)) return;
  const { xhr, elt } = event.detail;
  if (xhr.status !== 200) return;
  if (!xhr.responseText.includes(`id="${elt.id}"`)) {
    event.detail.shouldSwap = false; // the sign-in page
    return say(notice().dataset.out);
  }
  heard = new Date();
  const line = notice();
  if (line) line.hidden = true;
});
