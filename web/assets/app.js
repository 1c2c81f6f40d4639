// Pages are complete without this. With it they follow the grader: on each event the same address is fetched again and
// what differs in <main> is put in place, so that focus, scrolling and opened logs stay as they are.
"use strict";
(() => {
  const zone = document.body.dataset.zone;
  const url = document.body.dataset.events;
  const live = document.getElementById("live");

  // Exact times in the zone of the course.
  const print = (at, more) => {
    try {
      return new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...more }).format(at);
    } catch {
      return null;
    }
  };
  const localise = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      const text = zone && print(at, {
        day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
      });
      if (!text) continue;
      if (time.classList.contains("when")) time.textContent = text;
      else time.title = text;
    }
  };

  const key = (node) => node.nodeType === 1 ? node.id || node.dataset.key || "" : "";
  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);

  const copyAttributes = (from, to) => {
    for (const { name, value } of from.attributes)
      if (to.getAttribute(name) !== value && !(name === "open")) to.setAttribute(name, value);
    for (const { name } of [...to.attributes])
      if (!from.hasAttribute(name) && name !== "open") to.removeAttribute(name);
  };

  // What a row says apart from "4 min ago".
  const words = (row) => {
    const copy = row.cloneNode(true);
    for (const time of copy.querySelectorAll("time")) time.remove();
    return copy.textContent;
  };

  // Make `now` like `next`, keeping every node that can stay.
  const morph = (now, next) => {
    if (now.isEqualNode(next)) return;
    if (now.nodeType !== 1) {
      now.nodeValue = next.nodeValue;
      return;
    }
    copyAttributes(next, now);
    if (now.nodeName === "PRE") {
      const atEnd = now.scrollTop + now.clientHeight >= now.scrollHeight - 8;
      now.textContent = next.textContent;
      if (atEnd) now.scrollTop = now.scrollHeight;
      return;
    }
    let at = now.firstChild;
    for (const want of [...next.childNodes]) {
      let found = at;
      while (found && !alike(found, want)) found = key(want) ? found.nextSibling : null;
      if (found) {
        const changed = found.nodeName === "TR" && words(found) !== words(want);
        if (found !== at) now.insertBefore(found, at);
        else at = at.nextSibling;
        morph(found, want);
        if (changed) mark(found);
      } else {
        const added = document.importNode(want, true);
        now.insertBefore(added, at);
        if (added.nodeType === 1) mark(added);
      }
    }
    while (at) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };
  const mark = (node) => {
    node.classList.add("fresh");
    setTimeout(() => node.classList.remove("fresh"), 1500);
  };

  let busy = false, again = false;
  const refresh = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const main = page.querySelector("main");
        localise(main);
        morph(document.querySelector("main"), main);
        document.title = page.title;
      }
    } catch {
      // the server is away: the event stream comes back by itself
    }
    await new Promise((done) => setTimeout(done, 250));
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  };

  localise(document);
  for (const log of document.querySelectorAll("details[open] pre")) log.scrollTop = log.scrollHeight;
  if (!url) return;
  let stream = null, lost = false;
  const say = (word, away) => {
    live.hidden = false;
    live.classList.toggle("lost", away);
    live.textContent = word;
  };
  const listen = () => {
    stream = new EventSource(url);
    stream.addEventListener("change", refresh);
    stream.addEventListener("open", () => {
      say("live", false);
      if (lost) refresh();
      lost = false;
    });
    stream.addEventListener("error", () => {
      lost = true;
      say("reconnecting", true);
    });
  };
  listen();
  // A page that the browser keeps for the way back would hold on to one of its six connections.
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    lost = true;
    listen();
  });
})();
