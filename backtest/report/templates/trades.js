const showTrades = async () => {
  const trades = JSON.parse(await unpack("packed-trades"));
  const byId = (name) => document.getElementById("trade-" + name);
  const minute = (at) => new Date(at * 60000).toISOString().slice(0, 16).replace("T", " ");
  const write = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const named = (column, names) => (i) => trades[names][trades[column][i]];
  const sides = (i) => (trades.shares[i] < 0 ? "sell" : "buy");
  // Heading, value to sort by, text, and whether it is a number.
  const columns = [
    ["Filled, UTC", (i) => trades.filled[i], (i) => minute(trades.filled[i])],
    ["Symbol", named("symbol", "symbols")],
    ["Venue", named("venue", "venues")],
    ["Side", sides],
    ["Shares", (i) => Math.abs(trades.shares[i]), (i) => write(Math.abs(trades.shares[i]), Number.isInteger(trades.shares[i]) ? 0 : 2), true],
    ["Price", (i) => trades.price[i], (i) => write(trades.price[i], 2), true],
    ["Notional", (i) => trades.notional[i], (i) => write(trades.notional[i], 0), true],
    ["Costs", (i) => trades.cost[i], (i) => write(trades.cost[i], 2), true],
    ["Currency", named("currency", "currencies")],
    ["Decided, UTC", (i) => trades.decided[i], (i) => minute(trades.decided[i])],
  ].map(([head, value, text = value, isNumber = false]) => ({ head, value, text, align: isNumber ? "r" : "l" }));
  const searched = [1, 2, 3, 8].map((at) => columns[at].value);
  const n = trades.filled.length, rowsPerPage = 25;
  const words = Array.from({ length: n }, (_, i) => [...searched.map((read) => read(i)), minute(trades.filled[i])].join(" ").toLowerCase());
  let sorted = 0, isDown = true, page = 0, found = [];
  const cell = (kind, text, align) => Object.assign(document.createElement(kind), { textContent: text, className: align });
  const heads = columns.map((column, at) => {
    const head = cell("th", column.head, column.align);
    head.scope = "col";
    head.tabIndex = 0;
    const sort = () => {
      isDown = at === sorted ? !isDown : column.align === "r";
      sorted = at;
      look();
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
    return head;
  });
  const table = document.getElementById("trade-table");
  table.tHead.rows[0].append(...heads);
  for (const venue of trades.venues) byId("venue").append(new Option(venue));
  const show = () => {
    const pages = Math.max(1, Math.ceil(found.length / rowsPerPage));
    page = Math.min(Math.max(page, 0), pages - 1);
    table.tBodies[0].replaceChildren(...found.slice(page * rowsPerPage, (page + 1) * rowsPerPage).map((i) => {
      const row = document.createElement("tr");
      row.append(...columns.map((column) => cell("td", column.text(i), column.align)));
      return row;
    }));
    byId("count").textContent = found.length.toLocaleString("en-US") + " of " + n.toLocaleString("en-US") + " trades";
    byId("page").textContent = "Page " + (page + 1) + " of " + pages;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page === pages - 1;
    heads.forEach((head, at) => (at === sorted ? head.setAttribute("aria-sort", isDown ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
  };
  const look = () => {
    const wanted = byId("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const side = byId("side").value, venue = byId("venue").value;
    const { value } = columns[sorted];
    found = [];
    for (let i = 0; i < n; i++) {
      if (side && sides(i) !== side) continue;
      if (venue && trades.venues[trades.venue[i]] !== venue) continue;
      if (wanted.every((word) => words[i].includes(word))) found.push(i);
    }
    const sign = isDown ? -1 : 1;
    found.sort((a, b) => {
      const one = value(a), other = value(b);
      return one < other ? -sign : one > other ? sign : a - b;
    });
    page = 0;
    show();
  };
  for (const control of ["words", "side", "venue"]) byId(control).addEventListener("input", look);
  byId("previous").addEventListener("click", () => { page -= 1; show(); });
  byId("next").addEventListener("click", () => { page += 1; show(); });
  look();
  document.getElementById("all-trades").hidden = false;
  document.getElementById("last-trades").style.display = "none";
};
if (canUnpack && document.getElementById("packed-trades")) showTrades().catch((error) => tell("The list of all trades could not be unpacked: " + error.message));
