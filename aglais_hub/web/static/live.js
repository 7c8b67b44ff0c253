// Keeps parts of a page as they are on the server, without a reload: <div id="…" data-live="30">
// is fetched again every 30 seconds, and when somebody comes back to the page.
//
// What a person is at stays: a part in which the focus is, or that says data-live-busy, waits.
(() => {
  "use strict";
  const parts = () => [...document.querySelectorAll("[data-live][id]")];
  const isBusy = (part) => part.contains(document.activeElement) || part.hasAttribute("data-live-busy");

  const renew = async () => {
    if (document.hidden || parts().every(isBusy)) return;
    const answer = await fetch(location.href.split("#")[0], {
      // Without it the service does not believe that it was asked by a page of its own.
      headers: { "X-XSRFToken": window.jhdata.xsrf_token },
    });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts()) {
      const now = fresh.getElementById(part.id);
      if (!now || isBusy(part) || now.innerHTML === part.innerHTML) continue;
      part.innerHTML = now.innerHTML;
      part.dispatchEvent(new CustomEvent("aglais:renewed", { bubbles: true }));
    }
  };

  const seconds = Math.min(...parts().map((part) => Number(part.dataset.live) || 30));
  if (!Number.isFinite(seconds)) return;
  setInterval(() => renew().catch(() => {}), seconds * 1000);
  document.addEventListener("visibilitychange", () => renew().catch(() => {}));
})();
