const unpack = async (id) => {
  const packed = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
};
const tell = (words) => {
  const place = document.getElementById("unpacked");
  place.textContent = words;
  place.hidden = false;
};
const canUnpack = typeof DecompressionStream === "function";
if (!canUnpack) tell("This browser is too old to unpack the charts and the list of all trades (it would need one of 2023 or later). Every table is here; trades.csv holds the trades.");

// On a narrow screen the contents would push the verdict off it.
const contents = document.querySelector(".contents");
const isNarrow = window.innerWidth <= 700;
if (window.innerWidth <= 1000) contents.open = false;
contents.addEventListener("click", (event) => {
  if (event.target.matches("a") && window.innerWidth <= 1000) contents.open = false;
});

const drawCharts = async () => {
  const script = document.createElement("script");
  script.textContent = await unpack("chart-library");
  document.head.append(script);
  const { axes, charts } = JSON.parse(document.getElementById("figures").textContent);
  const settings = {
    responsive: true,
    displaylogo: false,
    displayModeBar: isNarrow ? false : "hover",
    modeBarButtons: [["toImage", "resetScale2d"]],
  };
  const places = new Map();
  const fit = (data, layout) => {
    if (!isNarrow) return;
    // Figures in the cells of a map would run into each other.
    for (const trace of data) delete trace.texttemplate;
    // A finger scrolls the page instead of drawing a zoom box.
    layout.dragmode = false;
    layout.height = Math.min(layout.height, 320);
    layout.font.size = 11;
    layout.margin.l = 44;
    if (!(layout.annotations || []).length) layout.margin.r = 8;
  };
  const draw = (key) => {
    if (places.has(key)) return;
    const { data, layout } = charts[key];
    for (const trace of data) if (Number.isInteger(trace.x)) trace.x = axes[trace.x];
    fit(data, layout);
    const place = document.getElementById("chart-" + key);
    place.style.minHeight = layout.height + "px";
    places.set(key, { place, height: layout.height });
    Plotly.newPlot(place, data, layout, settings);
  };
  for (const key of Object.keys(charts)) {
    draw(key);
    // Between two charts the page answers.
    await new Promise((go) => setTimeout(go, 0));
  }
  for (const group of document.querySelectorAll(".switch")) {
    group.hidden = false;
    group.addEventListener("click", (event) => {
      const scale = event.target.dataset.scale;
      if (!scale) return;
      for (const button of group.children) button.setAttribute("aria-pressed", button === event.target);
      const isLog = scale === "log";
      Plotly.relayout("chart-" + group.dataset.chart, {
        "yaxis.type": scale,
        "yaxis.tickmode": isLog ? "array" : "auto",
        "yaxis.autorange": true,
      });
    });
  }
  for (const select of document.querySelectorAll(".choice select")) {
    select.closest(".choice").hidden = false;
    const { choices } = charts[select.dataset.chart];
    choices.forEach(({ data, layout }) => fit(data, layout));
    select.addEventListener("change", () => {
      const { data, layout } = choices[select.value];
      Plotly.react("chart-" + select.dataset.chart, data, layout, settings);
    });
  }
  // Paper is narrower than the screen, and charts are drawn to the pixel.
  window.addEventListener("beforeprint", () => places.forEach(({ place, height }) => {
    const isHalf = place.parentElement.classList.contains("half");
    Plotly.relayout(place, { width: isHalf ? 320 : 670, height: Math.max(isHalf ? 230 : 290, 0.75 * height), "font.size": 10 });
  }));
  window.addEventListener("afterprint", () => places.forEach(({ place, height }) => {
    Plotly.relayout(place, { width: null, height, autosize: true, "font.size": isNarrow ? 11 : 13 });
  }));
  document.body.dataset.charts = places.size;
};
// Nobody can open a fold on paper.
window.addEventListener("beforeprint", () => document.querySelectorAll("main details").forEach((fold) => { fold.open = true; }));
if (canUnpack) drawCharts().catch((error) => tell("The charts could not be drawn: " + error.message));
