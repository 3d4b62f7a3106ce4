"use strict";
(() => {
  const toolbar = document.querySelector(".toolbar");
  if (!toolbar) return;
  const chips = [...toolbar.querySelectorAll(".chip")];
  const search = document.getElementById("search");
  const sort = document.getElementById("sort");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("tbody tr")].map((element, index) => ({
    element,
    index,
    status: element.dataset.s,
    seconds: Number(element.dataset.t),
    text: element.querySelector(".check").textContent.toLowerCase(),
    name: element.querySelector(".name").textContent.toLowerCase(),
  }));
  const orders = {
    worst: (a, b) => a.index - b.index,
    slow: (a, b) => b.seconds - a.seconds,
    name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  };
  const wanted = new Set();

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const row of rows) {
      const hit = (!wanted.size || wanted.has(row.status)) && words.every((word) => row.text.includes(word));
      row.element.hidden = !hit;
      visible += hit;
    }
    for (const chip of chips) {
      const on = chip.dataset.filter ? wanted.has(chip.dataset.filter) : !wanted.size;
      chip.setAttribute("aria-pressed", String(on));
    }
    shown.textContent = visible === rows.length ? "" : `${visible} of ${rows.length} shown`;
  }

  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const status = chip.dataset.filter;
      if (!status) wanted.clear();
      else if (!wanted.delete(status)) wanted.add(status);
      show();
    });
  }
  search.addEventListener("input", show);
  sort.addEventListener("change", () => {
    for (const body of document.querySelectorAll("tbody")) {
      const own = rows.filter((row) => row.element.parentNode === body).sort(orders[sort.value]);
      body.append(...own.map((row) => row.element));
    }
  });
  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      const row = button.closest("tr");
      const link = row.querySelector(".name a");
      const errors = [...row.querySelectorAll(".errors li")].map((line) => line.textContent);
      const title = `${row.querySelector(".name bdi").textContent}: ${row.dataset.status}`;
      try {
        await navigator.clipboard.writeText([title, ...errors, ...(link ? [link.href] : [])].join("\n"));
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not copied";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    button.hidden = false;
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape") {
      search.value = "";
      wanted.clear();
      show();
    }
  });
  toolbar.hidden = false;
})();
