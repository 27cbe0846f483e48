// Charts from ECharts, only the parts that are used. A page puts the chart's options as JSON into
// <script type="application/json" id="…"> and an element <div class="chart" data-options="…">;
// next to it stands the same in a table, for those who cannot see it.
import { BarChart, LineChart, PieChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { colours, number } from "./parts/look.js";

use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  PieChart,
  TooltipComponent,
]);

const shown = new Map();

/** Options that every chart shares, in the colours of the theme. */
function themed(options) {
  const look = colours();
  const axis = (one) => ({
    axisLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look.quiet },
    splitLine: { lineStyle: { color: look.faint } },
    ...one,
  });
  const axes = (value) => (Array.isArray(value) ? value.map(axis) : value && axis(value));
  return {
    color: look.series,
    textStyle: { fontFamily: look.font, color: look.text },
    animationDuration: 250,
    aria: { enabled: true },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: look.surface,
      borderColor: look.line,
      textStyle: { color: look.text },
      valueFormatter: number,
    },
    grid: { left: 8, right: 12, top: 32, bottom: 8, containLabel: true },
    ...options,
    legend: {
      textStyle: { color: look.text },
      pageTextStyle: { color: look.text },
      pageIconColor: look.accent,
      pageIconInactiveColor: look.line,
      inactiveColor: look.line,
      type: "scroll",
      ...options.legend,
    },
    xAxis: axes(options.xAxis),
    yAxis: axes(options.yAxis),
    // filled points: hollow ones are white inside, on dark pages too
    series: (options.series ?? []).map((one) => ({ symbol: "circle", symbolSize: 6, ...one })),
  };
}

/** Draws, or draws anew, every chart under an element. */
export function draw(under = document) {
  for (const place of under.querySelectorAll(".chart[data-options]")) {
    const source = document.getElementById(place.dataset.options);
    if (!source) continue;
    shown.get(place)?.dispose();
    const chart = init(place);
    chart.setOption(themed(JSON.parse(source.textContent)));
    shown.set(place, chart);
  }
  for (const [place, chart] of shown) {
    if (place.isConnected) continue;
    chart.dispose();
    shown.delete(place);
  }
}

const resized = new ResizeObserver((entries) => {
  for (const entry of entries) shown.get(entry.target)?.resize();
});

function drawAndWatch(under) {
  draw(under);
  for (const place of shown.keys()) resized.observe(place);
}

drawAndWatch(document);
document.addEventListener("sampan:theme", () => drawAndWatch(document));
document.addEventListener("htmx:afterSettle", (event) => drawAndWatch(event.target));
