// A form with data-once is sent once: a second click while it is on its way does nothing.
// The service takes it for one, too; this only keeps the page calm.
(() => {
  "use strict";
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    document.querySelectorAll(`[form="${form.id}"], form[data-sent] [type=submit]`)
      .forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  // Back from the next page: the form can be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  });
})();
