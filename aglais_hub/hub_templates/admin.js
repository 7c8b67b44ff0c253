// Level and package beside each user of JupyterHub's admin panel, with the way to their editors.
//
// The panel has no place for that: its rows are watched, and each gets one more line below the
// name. React leaves alone what it has not made, and takes it away with the row.
(() => {
  "use strict";
  const FRESH = 5000; // milliseconds for which an answer is believed
  const PAUSE = 150; // milliseconds that the panel may go on changing before it is looked at
  const hook = document.getElementById("react-admin-hook");
  const status = document.getElementById("aglais-accounts-status");
  const known = new Map(); // name to {at, account}; account is null where there is none
  let waiting = null;
  let asking = false;

  const rows = () =>
    [...hook.querySelectorAll("tr.user-row")].map((row) => ({
      row,
      name: row.querySelector('[data-testid^="user-name-div-"]')?.textContent ?? "",
      server: row.querySelector('[data-testid="user-row-server"]')?.textContent ?? "",
    }));

  const link = (url, text, label) => {
    const made = document.createElement("a");
    made.href = url;
    made.textContent = text;
    made.setAttribute("aria-label", label);
    return made;
  };

  const words = (name, server, account) => {
    if (account === null) return ["no account"];
    const running = account.packages[server];
    return [
      link(account.limits_url, `Level ${account.level}`, `Level ${account.level}: limits of ${name}`),
      running ? ` · package ${running} · ` : " · ",
      link(account.edit_url, "Edit account", `Edit account ${name}`),
    ];
  };

  const show = ({ row, name, server }) => {
    const found = known.get(name);
    if (!found) return;
    const state = JSON.stringify([name, server, found.account]);
    let line = row.querySelector(".aglais-account");
    if (line?.dataset.state === state) return;
    if (!line) {
      line = document.createElement("div");
      line.className = "aglais-account small text-body-secondary";
      row.querySelector('[data-testid="user-row-name"]')?.append(line);
    }
    line.dataset.state = state;
    line.replaceChildren(...words(name, server, found.account));
  };

  const ask = async (names) => {
    const query = new URLSearchParams(names.map((name) => ["name", name]));
    const answer = await fetch(`${window.base_url}accounts-summary?${query}`, {
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const accounts = new Map((await answer.json()).accounts.map((one) => [one.name, one]));
    for (const name of names) known.set(name, { at: Date.now(), account: accounts.get(name) ?? null });
  };

  const update = async () => {
    const shown = rows();
    shown.forEach(show);
    const old = Date.now() - FRESH;
    const names = new Set(shown.map(({ name }) => name).filter((name) => name && !(known.get(name)?.at > old)));
    if (!names.size || asking) return;
    asking = true;
    try {
      await ask([...names].slice(0, 200));
      status.textContent = "";
    } catch {
      status.textContent = "Level and package of accounts cannot be shown just now.";
    } finally {
      asking = false;
    }
    rows().forEach(show);
  };

  const ours = (change) =>
    change.target.closest?.(".aglais-account") ||
    [...change.addedNodes].some((node) => node.classList?.contains("aglais-account"));

  new MutationObserver((changes) => {
    if (changes.every(ours)) return;
    clearTimeout(waiting);
    waiting = setTimeout(update, PAUSE);
  }).observe(hook, { childList: true, characterData: true, subtree: true });
  // What changes elsewhere: somebody's level, or the end of a session.
  setInterval(() => document.hidden || update(), 30000);
  update();
})();
