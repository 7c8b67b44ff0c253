// Select a block in the calendar: with the mouse, with the keyboard, by touch. What is selected
// fills the form below, which works alone, too.
(() => {
  "use strict";
  const calendar = document.getElementById("calendar");
  const form = document.getElementById("book-form");
  if (!calendar || !form) return;
  const said = document.getElementById("calendar-said");
  const bar = document.getElementById("selection");
  const field = (name) => form.elements.namedItem(name);

  // Of the block: its package, its first and last column, and where it was begun.
  let block = null;
  let isDragging = false;
  let here = { row: 0, column: 0 };

  // ---- what the grid says ----
  const rows = () => [...calendar.querySelectorAll("tbody tr")];
  const columns = () => [...calendar.querySelectorAll("thead tr:last-child th[data-words]")];
  const cells = (row) => [...row.querySelectorAll(".ag-cell")];
  const rowOf = (name) => rows().find((row) => row.dataset.package === name);
  const cellAt = ({ row, column }) => cells(rows()[row])[column];
  const placeOf = (cell) => {
    const row = cell.closest("tr");
    return { row: rows().indexOf(row), column: cells(row).indexOf(cell) };
  };
  const isFree = (cell) => cell.dataset.state === "available" && cell.closest("tr").dataset.bookable === "yes";
  // Said to who listens; what went otherwise than meant is shown, too.
  const say = (text, isShown = false) => {
    said.classList.toggle("visually-hidden", !isShown);
    said.textContent = text;
  };

  // ---- the block ----
  const begin = (cell, isOpen) => {
    const { column } = placeOf(cell);
    if (!isFree(cell)) {
      say(cell.dataset.state === "available" ? "Your level cannot book this package." : `${cell.getAttribute("aria-label")}.`, true);
      return false;
    }
    block = { package: cell.closest("tr").dataset.package, anchor: column, first: column, last: column, isOpen };
    show();
    return true;
  };

  // As far as it is free: a block has no hole.
  const extend = (column) => {
    const row = cells(rowOf(block.package));
    const step = Math.sign(column - block.anchor);
    let end = block.anchor;
    while (end !== column && isFree(row[end + step])) end += step;
    block.first = Math.min(block.anchor, end);
    block.last = Math.max(block.anchor, end);
    show();
    if (end !== column) say(`${row[end + step].getAttribute("aria-label")}. The block ends before it.`, true);
  };

  const finish = () => {
    block.isOpen = false;
    show();
    say(`Selected: ${block.package}, ${words()}. The form below is filled; press Book.`);
  };

  const clear = () => {
    if (!block) return;
    block = null;
    for (const name of ["first_day", "last_day", "start", "end"]) field(name).value = "";
    show();
    say("The selection is cleared.");
  };

  const words = (kind = "words") => {
    const [first, last] = [columns()[block.first], columns()[block.last]];
    const count = block.last - block.first + 1;
    const unit = calendar.querySelector("table").dataset.by;
    const length = `${count} ${unit}${count === 1 ? "" : "s"}`;
    if (unit === "hour") return `${first.dataset[kind]} to ${last.dataset.end.slice(11)} (${length})`;
    if (unit === "week") return `${first.dataset.short} to ${last.dataset.until} (${length})`;
    return count === 1
      ? `${first.dataset[kind]} (${length})`
      : `${first.dataset[kind]} to ${last.dataset[kind]} (${length})`;
  };

  const fill = () => {
    const [first, last] = [columns()[block.first], columns()[block.last]];
    const isDays = first.dataset.first !== "";
    field("package").value = block.package;
    field("first_day").value = first.dataset.first;
    field("last_day").value = last.dataset.last;
    field("start").value = isDays ? "" : first.dataset.start;
    field("end").value = isDays ? "" : last.dataset.end;
    if (!isDays) document.getElementById("book-times").open = true;
    size();
  };

  const show = () => {
    for (const cell of calendar.querySelectorAll("tbody .ag-cell")) {
      cell.classList.remove("ag-chosen", "ag-chosen-first", "ag-chosen-last");
      cell.removeAttribute("aria-selected");
    }
    calendar.toggleAttribute("data-live-busy", Boolean(block?.isOpen) || isDragging);
    bar.hidden = !block;
    if (!block) return;
    const row = cells(rowOf(block.package));
    for (let column = block.first; column <= block.last; column += 1) {
      row[column].classList.add("ag-chosen");
      row[column].setAttribute("aria-selected", "true");
    }
    row[block.first].classList.add("ag-chosen-first");
    row[block.last].classList.add("ag-chosen-last");
    document.getElementById("selection-package").textContent = block.package;
    document.getElementById("selection-words").textContent = words("short");
    fill();
  };

  // ---- the keyboard: one cell is in the order of tabs, arrows go on from there ----
  const focus = (place, isGiven = true) => {
    for (const cell of calendar.querySelectorAll("tbody .ag-cell")) cell.tabIndex = -1;
    here = place;
    const cell = cellAt(place);
    cell.tabIndex = 0;
    if (!isGiven) return;
    cell.focus({ preventScroll: true });
    reveal(cell);
  };

  // The names of the packages stay at the left, and cover what is below them.
  const reveal = (cell) => {
    const scroll = calendar.querySelector(".ag-scroll");
    const left = scroll.getBoundingClientRect().left + cell.parentElement.querySelector("th").offsetWidth;
    const box = cell.getBoundingClientRect();
    if (box.left < left) scroll.scrollLeft -= left - box.left + 4;
    const right = scroll.getBoundingClientRect().right;
    if (box.right > right) scroll.scrollLeft += box.right - right + 4;
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const target = (event) => {
    const last = { row: rows().length - 1, column: columns().length - 1 };
    if (event.key === "Home") return { row: event.ctrlKey ? 0 : here.row, column: 0 };
    if (event.key === "End") return { row: event.ctrlKey ? last.row : here.row, column: last.column };
    const [down, right] = MOVES[event.key];
    const within = (number, most) => Math.max(0, Math.min(most, number));
    return { row: within(here.row + down, last.row), column: within(here.column + right, last.column) };
  };

  const move = (event) => {
    event.preventDefault();
    const place = target(event);
    const isAlong = place.row === here.row && block && cellAt(here).closest("tr").dataset.package === block.package;
    if (event.shiftKey && place.row === here.row) {
      if (!isAlong && !begin(cellAt(here), false)) return;
      extend(place.column);
      focus({ row: place.row, column: place.column < block.anchor ? block.first : block.last });
      say(`${block.package}, ${words()}`);
    } else {
      focus(place);
      if (block?.isOpen && isAlong) extend(place.column);
    }
  };

  const choose = (cell) => {
    const link = cell.querySelector("a");
    if (link) {
      link.click();
    } else if (block?.isOpen && cell.closest("tr").dataset.package === block.package) {
      extend(placeOf(cell).column);
      finish();
    } else if (begin(cell, true)) {
      say(`${block.package}, ${words()}. Choose the last one, or press Book.`);
    }
  };

  calendar.addEventListener("keydown", (event) => {
    const cell = event.target.closest("tbody .ag-cell");
    if (!cell) return;
    if (event.key in MOVES || event.key === "Home" || event.key === "End") {
      move(event);
    } else if ((event.key === "Enter" || event.key === " ") && event.target === cell) {
      event.preventDefault();
      choose(cell);
    } else if (event.key === "Escape") {
      clear();
    }
  });

  // ---- the mouse drags; a click or a tap chooses the first, another one the last ----
  let pressed = null;
  let wasDragged = false; // the click that follows belongs to the drag
  calendar.addEventListener("pointerdown", (event) => {
    const cell = event.target.closest("tbody .ag-cell");
    pressed = null;
    wasDragged = false;
    if (!cell || event.pointerType !== "mouse" || event.button !== 0 || event.target.closest("a")) return;
    pressed = cell;
  });
  calendar.addEventListener("pointerover", (event) => {
    const cell = event.target.closest("tbody .ag-cell");
    if (!pressed || !cell || !(event.buttons & 1)) return;
    if (!isDragging) {
      if (cell === pressed) return;
      isDragging = begin(pressed, false);
      if (!isDragging) pressed = null;
    }
    if (isDragging) extend(placeOf(cell).column);
  });
  document.addEventListener("pointerup", () => {
    if (isDragging) {
      isDragging = false;
      finish();
      focus({ row: rows().indexOf(rowOf(block.package)), column: block.last });
      wasDragged = true;
    }
    pressed = null;
  });
  calendar.addEventListener("dragstart", (event) => event.preventDefault());
  calendar.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody .ag-cell");
    if (!cell || wasDragged || event.target.closest("a")) return;
    focus(placeOf(cell));
    choose(cell);
  });
  document.getElementById("selection-clear").addEventListener("click", () => {
    clear();
    focus(here);
  });

  // ---- the form besides ----
  const size = () => {
    const part = document.getElementById("book-size");
    const chosen = field("package").selectedOptions[0];
    if (!part) return;
    part.hidden = chosen?.dataset.custom !== "yes";
    if (!part.hidden) part.open = true;
  };
  field("package").addEventListener("change", size);

  // ---- the browser's own zone, once; whoever chooses another one keeps that ----
  const zoneNow = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const hasZone = document.cookie.split("; ").some((one) => one.startsWith("aglais-zone="));
  if (zoneNow && !hasZone) {
    const path = new URL(".", location.href).pathname;
    document.cookie = `aglais-zone=${zoneNow}; path=${path}; SameSite=Lax`;
    if (document.cookie.includes("aglais-zone=") && zoneNow !== field("zone").value && !location.search.includes("zone=")) {
      location.reload();
      return;
    }
  }
  const zones = document.getElementById("zones");
  for (const name of Intl.supportedValuesOf?.("timeZone") ?? []) {
    zones.append(Object.assign(document.createElement("option"), { value: name }));
  }

  // ---- at first, and after the grid was renewed ----
  const arrange = () => {
    const table = calendar.querySelector("table");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    for (const link of calendar.querySelectorAll("tbody .ag-cell a")) link.tabIndex = -1;
    calendar.style.setProperty("--ag-name", `${calendar.querySelector("tbody th")?.offsetWidth ?? 0}px`);
    const most = { row: rows().length - 1, column: columns().length - 1 };
    const isThere = here.row <= most.row && here.column <= most.column;
    if (most.row >= 0) focus(isThere ? here : { row: 0, column: 0 }, false);
  };
  calendar.addEventListener("aglais:renewed", () => {
    arrange();
    if (!block) return;
    const row = rowOf(block.package);
    const isLost = !row || cells(row).slice(block.first, block.last + 1).some((cell) => !isFree(cell));
    if (isLost) {
      clear();
      say("Somebody else has taken a part of your selection meanwhile.", true);
    } else {
      show();
    }
  });
  for (const part of document.querySelectorAll(".ag-with-script")) part.hidden = false;
  const now = columns().findIndex((column) => column.classList.contains("ag-now"));
  if (now > 0) here = { row: 0, column: now };
  arrange();
  if (now > 0) {
    const scroll = calendar.querySelector(".ag-scroll");
    const name = calendar.querySelector("tbody th")?.offsetWidth ?? 0;
    scroll.scrollLeft = columns()[now].offsetLeft - name - 2;
  }
  size();
  document.getElementById("problem")?.scrollIntoView({ block: "center" });
})();
