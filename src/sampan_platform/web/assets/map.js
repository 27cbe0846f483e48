// The map: sites coloured by a figure, and flows between them, by day. Land comes from Natural
// Earth without borders; an operator can put an official map in its place.
import { LinesChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GeoComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { colours, number } from "./parts/look.js";

use([AriaComponent, CanvasRenderer, GeoComponent, LegendComponent, LinesChart, ScatterChart, TooltipComponent]);

const LIMITS = { days_of_cover: [1, 3], utilisation: [0.5, 0.85], met: [0.5, 0.95] };
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
    type: "lines", coordinateSystem: "geo", data: rows, large: many, zlevel: 1, silent: many,
    symbol: many ? "none" : ["none", "arrow"], symbolSize: 7,
    lineStyle: { color: look.accent, width: 1, opacity: many ? 0.25 : 0.5, curveness: many ? 0 : 0.18 },
  };
}

async function start(place) {
  const [data, land] = await Promise.all([
    fetch(place.dataset.source).then((answer) => answer.json()),
    fetch(place.dataset.land).then((answer) => answer.json()),
  ]);
  registerMap("land", land);
  const chart = init(place);
  const slider = document.getElementById("map-day");
  const label = document.getElementById("map-day-name");
  slider.max = String(data.days.length);
  slider.value = String(data.days.length);

  function draw() {
    const look = colours();
    const at = Number(slider.value);
    const day = at >= data.days.length ? null : at;
    label.textContent = day === null ? slider.dataset.all : data.days[day];
    slider.setAttribute("aria-valuetext", label.textContent);
    const bounds = data.sites.length ? { boundingCoords: frameOf(data.sites) } : {};
    chart.setOption(
      {
        aria: { enabled: true },
        textStyle: { fontFamily: look.font },
        legend: { bottom: 8, textStyle: { color: look.text } },
        tooltip: {
          confine: true, backgroundColor: look.surface, borderColor: look.line, textStyle: { color: look.text },
          formatter: (item) => {
            const box = document.createElement("div");
            const figure = item.seriesType === "lines" ? item.data.quantity : item.value[2];
            const what = item.seriesType === "lines" ? place.dataset.shipped : place.dataset.measureName;
            box.textContent = `${item.name}${item.data.kind ? ` (${item.data.kind})` : ""}: ${what} ${number(figure)}`;
            return box;
          },
        },
        geo: {
          map: "land", roam: true, silent: true, ...bounds, layoutCenter: undefined,
          itemStyle: { areaColor: look.land, borderColor: look.line, borderWidth: 0.6 },
          emphasis: { disabled: true },
        },
        series: [lines(data, day, look), ...groups(data, place, look)],
      },
      { replaceMerge: ["series"] },
    );
  }

  slider.addEventListener("input", draw);
  document.addEventListener("sampan:theme", draw);
  new ResizeObserver(() => chart.resize()).observe(place);
  draw();
  place.dataset.drawn = String(data.flows.length);
}

const place = document.getElementById("map");
if (place) start(place);
