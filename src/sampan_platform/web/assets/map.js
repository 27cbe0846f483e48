// The map: sites coloured by a figure, and flows between them, by day. Land comes from Natural
// Earth without borders; an operator can put an official map in its place.
import { LinesChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GeoComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { colours, number, percent } from "./parts/look.js";

use([AriaComponent, CanvasRenderer, GeoComponent, LegendComponent, LinesChart, ScatterChart, TooltipComponent]);

const LIMITS = { days_of_cover: [1, 3], utilisation: [0.5, 0.85], met: [0.5, 0.95] };
const SHARES = ["utilisation", "met"];
const MANY_FLOWS = 1200; // from here on lines are drawn straight and in one go

/** The part of the earth that holds all places, with some room. */
function frameOf(sites) {
  const east = sites.map((one) => one[2]);
  const north = sites.map((one) => one[3]);
  const [west, south] = [Math.min(...east), Math.min(...north)];
  const [eastmost, northmost] = [Math.max(...east), Math.max(...north)];
  const room = Math.max(eastmost - west, northmost - south, 1) * 0.08;
  return [[west - room, northmost + room], [eastmost + room, south - room]];
}

/** Sites in three groups of colour, and those without a figure. */
function groups(data, place, look) {
  const limits = LIMITS[place.dataset.measure];
  const words = place.dataset;
  const point = (one) => ({ name: one[0], value: [one[2], one[3], one[4]], kind: one[1] });
  const known = data.sites.filter((one) => one[4] !== null);
  const without = data.sites.filter((one) => one[4] === null);
  const parts = limits
    ? [
        [words.low, look.bad, known.filter((one) => one[4] < limits[0])],
        [words.fair, look.warn, known.filter((one) => one[4] >= limits[0] && one[4] < limits[1])],
        [words.enough, look.good, known.filter((one) => one[4] >= limits[1])],
      ]
    : [[words.measureName, look.accent, known]];
  const largest = Math.max(...known.map((one) => one[4]), 1e-9);
  const size = limits ? 11 : (value) => 6 + 22 * Math.sqrt(Math.max(value[2], 0) / largest);
  const shapes = { 0: "triangle", 1: "diamond", 2: "circle" };
  return [
    ...parts.map(([name, color, rows], at) => ({
      type: "scatter", coordinateSystem: "geo", name, symbolSize: size, data: rows.map(point),
      symbol: limits ? shapes[at] : "circle", itemStyle: { color, borderColor: look.surface, borderWidth: 1 }, zlevel: 2,
    })),
    {
      type: "scatter", coordinateSystem: "geo", name: words.none, symbolSize: 6, symbol: "emptyCircle",
      data: without.map(point), itemStyle: { color: look.quiet }, zlevel: 2,
    },
  ];
}

/** Flows of one day, or of all days together, as lines. */
function lines(data, day, look) {
  const sums = new Map();
  for (const [from, to, at, quantity] of data.flows) {
    if (day !== null && at !== day) continue;
    const key = from * 65536 + to;
    sums.set(key, (sums.get(key) ?? 0) + quantity);
  }
  const largest = Math.max(...sums.values(), 1e-9);
  const many = sums.size > MANY_FLOWS;
  const rows = [...sums].map(([key, quantity]) => {
    const [from, to] = [data.sites[Math.floor(key / 65536)], data.sites[key % 65536]];
    const row = { coords: [[from[2], from[3]], [to[2], to[3]]], quantity, name: `${from[0]} → ${to[0]}` };
    if (!many) row.lineStyle = { width: 1 + 5 * Math.sqrt(quantity / largest), opacity: 0.35 + 0.4 * (quantity / largest) };
    return row;
  });
  return {
    id: "flows", type: "lines", animation: false, coordinateSystem: "geo", data: rows, large: many, zlevel: 1, silent: many,
    symbol: many ? "none" : ["none", "arrow"], symbolSize: 7,
    lineStyle: { color: look.accent, width: 1, opacity: many ? 0.25 : 0.5, curveness: many ? 0 : 0.18 },
  };
}

async function read(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
}

/** A sentence in the map's place. */
function say(place, text) {
  const line = document.createElement("p");
  line.className = "empty";
  line.textContent = text;
  place.replaceChildren(line);
}

async function start(place) {
  let data;
  try {
    const [found, land] = await Promise.all([read(place.dataset.source), read(place.dataset.land)]);
    registerMap("land", land);
    data = found;
  } catch {
    say(place, place.dataset.failed);
    place.dataset.drawn = "failed";
    return;
  }
  if (!data.sites.length) {
    say(place, place.dataset.empty);
    place.dataset.drawn = "0";
    return;
  }
  place.replaceChildren();
  const chart = init(place);
  const slider = document.getElementById("map-day");
  const label = document.getElementById("map-day-name");
  slider.max = String(data.days.length);
  slider.value = String(data.days.length);

  const figureOf = SHARES.includes(place.dataset.measure) ? percent : number;

  function told(item) {
    const isFlow = item.seriesType === "lines";
    const figure = isFlow ? number(item.data.quantity) : figureOf(item.value[2]);
    const what = isFlow ? place.dataset.shipped : place.dataset.measureName;
    const box = document.createElement("div");
    box.textContent = `${item.name}${item.data.kind ? ` (${item.data.kind})` : ""}: ${what} ${figure}`;
    return box;
  }

  function chosenDay() {
    const at = Number(slider.value);
    return at >= data.days.length ? null : at;
  }

  function drawFlows() {
    const day = chosenDay();
    label.textContent = day === null ? slider.dataset.all : data.days[day];
    slider.setAttribute("aria-valuetext", label.textContent);
    chart.setOption({ series: [lines(data, day, colours())] });
  }

  function draw() {
    const look = colours();
    chart.setOption(
      {
        animation: false,
        aria: { enabled: true },
        textStyle: { fontFamily: look.font },
        legend: { bottom: 8, textStyle: { color: look.text } },
        tooltip: {
          confine: true, backgroundColor: look.surface, borderColor: look.line,
          textStyle: { color: look.text }, formatter: told,
        },
        geo: {
          map: "land", roam: true, silent: true, boundingCoords: frameOf(data.sites),
          itemStyle: { areaColor: look.land, borderColor: look.line, borderWidth: 0.6 },
          emphasis: { disabled: true },
        },
        series: [lines(data, chosenDay(), look), ...groups(data, place, look)],
      },
      { replaceMerge: ["series"] },
    );
    drawFlows();
  }

  // a slider that is dragged tells more often than a screen can show
  let waiting = 0;
  slider.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(drawFlows);
  });
  document.addEventListener("sampan:theme", draw);
  let drawn = false;
  /** Draws once there is an area: ECharts fails on a place that is hidden or leaving the page. */
  function fit() {
    if (place.clientWidth === 0 || place.clientHeight === 0) return;
    if (drawn) chart.resize();
    else draw();
    drawn = true;
    place.dataset.drawn = String(data.flows.length);
  }
  new ResizeObserver(fit).observe(place);
  fit();
}

const place = document.getElementById("map");
if (place) start(place);
