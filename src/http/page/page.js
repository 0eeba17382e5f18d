// Refreshes the main part every three seconds. The page is complete without it.
"use strict";
(() => {
  const PERIOD = 3000;
  const main = document.getElementById("main");
  const said = document.getElementById("said");
  const button = document.getElementById("pause");
  let paused = false;

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
  });

  const states = (root) =>
    [...root.querySelectorAll("[data-state] strong")].map((word) => word.textContent).join(", ");

  // Only what changed is put in place, so that focus and scrolling survive.
  const swap = (fresh) => {
    if (fresh.innerHTML === main.innerHTML) return;
    const before = states(main);
    const focused = document.activeElement && document.activeElement.id;
    const scrolled = [...main.querySelectorAll(".scroll")].map((part) => part.scrollLeft);
    main.replaceChildren(...fresh.childNodes);
    main.querySelectorAll(".scroll").forEach((part, index) => { part.scrollLeft = scrolled[index] || 0; });
    if (focused && main.querySelector("#" + CSS.escape(focused))) {
      document.getElementById(focused).focus({ preventScroll: true });
    }
    // A change of state alone is spoken.
    if (states(main) !== before) said.textContent = states(main);
  };

  const refresh = async () => {
    if (!paused && !document.hidden) {
      try {
        const answer = await fetch("/", { cache: "no-store" });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("main");
        // Whoever paused while it was on its way keeps what they see.
        if (fresh && !paused) swap(fresh);
        document.title = document.title.replace(/^\(not updating\) /, "");
      } catch {
        if (!document.title.startsWith("(")) {
          document.title = "(not updating) " + document.title;
          said.textContent = "This page is not updating; what it shows is getting old.";
        }
      }
    }
    setTimeout(refresh, PERIOD);
  };
  setTimeout(refresh, PERIOD);
})();
