"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector) => [...document.querySelectorAll(selector)];
const safe = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;"); // Plotly reads labels as markup
const config = { displayModeBar: false };
let scope = "platform";

function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function layout(box, colour, more) {
  const axis = { gridcolor: colour("line"), zeroline: false, fixedrange: true, tickfont: { color: colour("soft") },
    ticklabelstandoff: 5 };
  return {
    width: box.clientWidth, height: box.clientHeight, // Plotly itself does not follow a box that changed its size
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", bargap: 0.12,
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink") },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
    margin: { l: 44, r: 8, t: 8, b: 32 }, showlegend: false,
    ...more, xaxis: { ...axis, ...more.xaxis }, yaxis: { ...axis, ...more.yaxis },
  };
}

function drawSeries(box, series, mean, hoverformat) {
  box.hidden = !series;
  if (!series) return;
  const colour = colours();
  Plotly.newPlot(box, [
    { type: "bar", name: mean.of, x: series.times, y: series.counts, marker: { color: colour("bar") } },
    { type: "scatter", mode: "lines", name: mean.name, x: series.times, y: series.averages,
      line: { color: colour("accent"), width: 2.5 }, hovertemplate: "%{y:,.1f}" },
  ], layout(box, colour, {
    showlegend: true, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, hovermode: "x unified",
    margin: { l: 44, r: 8, t: 32, b: 44 }, bargap: 0.05,
    xaxis: { type: "date", showgrid: false, nticks: Math.max(3, Math.round(box.clientWidth / 120)), hoverformat,
      tickformatstops: [{ dtickrange: [null, 43200000], value: "%-d %b<br>%H:%M" }, { dtickrange: [86400000, null], value: "%-d %b" }] },
    yaxis: { rangemode: "tozero", tickformat: "~s", nticks: 6 },
  }), config);
}

function drawSkill(box) {
  const { bins, tenants, median, measure, from } = data.skill[box.dataset.of];
  // What a model without any knowledge reaches: half of all pairs in order, or none of the variance.
  const [idle, said] = measure === "AUROC" ? [0.5, "chance"] : [0, "the mean"];
  const left = median < idle || idle === 0;
  const colour = colours();
  const line = (x, name, dash) => ({ type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper",
    line: { color: colour(name), width: 1.5, dash } });
  const label = (x, text, name, side) => ({ x, y: 1, yref: "paper", yanchor: "bottom", xanchor: side, text, showarrow: false,
    font: { size: 11.5, color: colour(name) } });
  Plotly.newPlot(box, [{
    type: "bar", x: bins.map((bin) => (bin + 0.5) / 40), y: tenants, width: 0.022,
    marker: { color: bins.map((bin) => colour(measure === "AUROC" && bin < 20 ? "bad" : "accent")), opacity: 0.75 },
    customdata: bins.map((bin) => [bin / 40, (bin + 1) / 40]),
    hovertemplate: `%{y} tenants<br>${measure} %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>`,
  }], layout(box, colour, {
    margin: { l: 44, r: 8, t: 22, b: 30 },
    shapes: [line(idle, "bad", "dot"), line(Math.max(median, from), "ink", "solid")],
    annotations: [label(idle, said, "bad", left ? "left" : "right"),
      label(Math.max(median, from), `median ${median.toFixed(3)}`, "ink", median < idle ? "right" : "left")],
    xaxis: { range: [from - 0.002, 1.002], tickformat: ".1f", dtick: 0.1, showgrid: false },
    yaxis: { rangemode: "tozero", nticks: 4, tickformat: "~s" },
  }), config);
}

function drawChampions(box) {
  const colour = colours();
  const rows = data.champions.filter((row) => scope === "platform" || row.scope === scope);
  const apps = [...new Set(rows.map((row) => row.app))].reverse();
  const total = (app) => rows.filter((row) => row.app === app).reduce((sum, row) => sum + row.tenants, 0);
  const groups = Object.keys(data.colours);
  const traces = groups.map((group) => {
    const own = rows.filter((row) => row.group === group);
    return {
      type: "bar", orientation: "h", name: safe(group), y: own.map((row) => safe(row.app)),
      x: own.map((row) => row.tenants / total(row.app)), width: 0.56,
      text: own.map((row) => (row.tenants / total(row.app) > 0.06 ? row.tenants.toLocaleString("en") : "")),
      textposition: "inside", insidetextanchor: "middle", textangle: 0, textfont: { color: ["none", "shared"].includes(data.colours[group]) ? colour("ink") : "#fff" },
      customdata: own.map((row) => row.tenants), hovertemplate: "%{customdata:,} tenants, %{x:.0%}",
      marker: { color: colour(data.colours[group]), line: { color: colour("card"), width: 2 } },
    };
  });
  box.style.height = `${12 + 48 * apps.length}px`;
  Plotly.newPlot(box, traces, layout(box, colour, {
    barmode: "stack", margin: { l: 8, r: 8, t: 4, b: 8 },
    xaxis: { range: [0, 1], showgrid: false, showticklabels: false },
    yaxis: { categoryorder: "array", categoryarray: apps.map(safe), automargin: true, showgrid: false,
      ticklabelstandoff: 8, tickfont: { color: colour("ink") } },
  }), config);
}

const drawHours = (box) => drawSeries(box, data.hours[scope], { of: "in the hour", name: "24-hour mean" }, "the hour to %H:%M, %-d %b");
const drawDays = (box) => drawSeries(box, data.days[scope], { of: "on the day", name: "7-day mean" }, "the day to %H:%M, %-d %b");
const drawings = { hours: drawHours, days: drawDays, skill: drawSkill, champions: drawChampions };

function draw() {
  // A chart drawn while its app is filtered out would have no width; it is drawn when it comes back.
  all("[data-chart]").filter((box) => !box.parentElement.closest("[hidden]"))
    .forEach((box) => drawings[box.dataset.chart](box));
}

function fold(table, open) {
  const first = Number(table.dataset.first);
  const rows = [...table.querySelectorAll("[data-row]")];
  const wanted = rows.filter((row) => (scope === "platform" ? row.dataset.top === "1" : row.dataset.row === scope));
  rows.forEach((row) => { row.hidden = true; });
  wanted.slice(0, open ? wanted.length : first).forEach((row) => { row.hidden = false; });
  table.hidden = wanted.length === 0;
  const button = table.parentElement.nextElementSibling;
  button.hidden = wanted.length <= first;
  button.textContent = open ? "Show fewer" : `Show all ${wanted.length}`;
  button.setAttribute("aria-expanded", open);
  button.onclick = () => fold(table, !open);
}

function show(chosen) {
  scope = chosen;
  all("[data-scope]").forEach((part) => { part.hidden = part.dataset.scope !== scope; });
  all("[data-app]").forEach((part) => { part.hidden = scope !== "platform" && part.dataset.app !== scope; });
  all("table").forEach((table) => fold(table, false));
  draw();
}

const filter = document.getElementById("scope");
filter?.addEventListener("change", () => show(filter.value));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return; // a phone's address bar comes and goes
  width = innerWidth;
  requestAnimationFrame(draw);
});
show(filter?.value ?? "platform");
