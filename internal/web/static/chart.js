// Charts: <figure data-chart="URL" data-series="name:tone:label,…"> draws {"times": [...], "series": {name: [...]}}.
// The colours are the stylesheet's, so charts follow light and dark.
'use strict';

class Chart {
  constructor(figure) {
    this.figure = figure;
    this.plot = figure.querySelector('.plot');
    this.state = figure.querySelector('[data-chart-state]');
    this.table = figure.querySelector('[data-chart-table]');
    this.series = figure.dataset.series.split(',').map((text) => {
      const [name, tone, ...label] = text.split(':');
      return { name, tone, label: label.join(':') };
    });
    this.table.addEventListener('toggle', () => this.fillTable());
    new ResizeObserver(() => this.resize()).observe(this.plot);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  show(data) {
    this.data = [data.times, ...this.series.map((s) => data.series[s.name] ?? data.times.map(() => null))];
    this.say(data.times.length ? '' : 'Nothing was counted yet. The first point comes within a minute.');
    this.table.hidden = data.times.length === 0;
    this.draw();
    this.fillTable();
  }

  say(text) {
    this.state.textContent = text;
    this.state.hidden = text === '';
  }

  value(v) {
    if (v == null) return '–';
    const digits = v !== 0 && Math.abs(v) < 1 ? 2 : Math.abs(v) < 100 ? 1 : 0;
    return (v === 0 ? '0' : v.toFixed(digits)) + (this.figure.dataset.unit ? ' ' + this.figure.dataset.unit : '');
  }

  draw() {
    this.chart?.destroy();
    this.chart = null;
    if (!this.data?.[0].length) return;
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const axis = { stroke: colour('--dim'), font: '11px system-ui, sans-serif', grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1, size: 4 } };
    this.chart = new uPlot({
      width: Math.max(this.plot.clientWidth, 200), height: 200, tzDate: (t) => uPlot.tzDate(new Date(t * 1000), 'Etc/UTC'),
      cursor: { points: { size: 6 }, drag: { x: false, y: false }, y: false },
      scales: { y: { range: (_, low, high) => [Math.min(low ?? 0, 0), high > 0 ? high * 1.08 : 1] } },
      series: [
        { value: (_, t) => (t == null ? '–' : exact(t)), label: 'Time (UTC)' },
        ...this.series.map((s) => ({ label: s.label, stroke: colour('--t' + s.tone), width: 1.5, points: { show: false, filter: lone, size: 4 }, value: (_, v) => this.value(v) })),
      ],
      axes: [{ ...axis, space: 70, size: 30, values: (_, splits, __, ___, step) => splits.map((t) => clock(t, step)) }, { ...axis, size: 46, space: 34 }],
    }, this.data, this.plot);
  }

  resize() {
    const width = this.plot.clientWidth;
    if (this.chart && width >= 200 && width !== this.chart.width) this.chart.setSize({ width, height: 200 });
  }

  fillTable() {
    if (!this.table.open || !this.data) return;
    const table = document.createElement('table');
    const row = (tag, cells) => {
      const tr = document.createElement('tr');
      for (const text of cells) tr.append(Object.assign(document.createElement(tag), { textContent: text }));
      return tr;
    };
    const head = table.createTHead();
    head.append(row('th', ['Time (UTC)', ...this.series.map((s) => s.label)]));
    const body = table.createTBody();
    this.data[0].forEach((t, i) => body.append(row('td', [exact(t), ...this.data.slice(1).map((v) => this.value(v[i]))])));
    const box = this.table.querySelector('div') ?? this.table.appendChild(document.createElement('div'));
    box.tabIndex = 0;
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', 'Figures of the chart');
    box.replaceChildren(table);
  }
}

// lone returns the points of a series that have no neighbour, which no line would show: the first of all, say.
function lone(chart, series) {
  const values = chart.data[series];
  return [...values.keys()].filter((i) => values[i] != null && values[i - 1] == null && values[i + 1] == null);
}

// Times are UTC here as everywhere.
function exact(t) {
  return new Date(t * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

// clock words a mark of the time axis: the time of day, or the day where one begins or a step is as long.
function clock(t, step) {
  const time = exact(t).slice(11);
  if (step < 86400 && time !== '00:00') return time;
  return new Date(t * 1000).toLocaleDateString(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

// load fetches figures once for all charts that show some of them, and then each minute in which somebody looks.
async function load(url, charts) {
  try {
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error('the server said ' + answer.status);
    const data = await answer.json();
    for (const chart of charts) chart.show(data);
  } catch (problem) {
    const why = problem instanceof TypeError ? "the server can't be reached" : problem.message;
    for (const chart of charts) chart.say('The chart could not be loaded: ' + why + '. It is tried again in a minute.');
  }
}

const charts = [...document.querySelectorAll('[data-chart]')].map((figure) => new Chart(figure));
for (const [url, all] of Map.groupBy(charts, (chart) => chart.figure.dataset.chart)) {
  load(url, all);
  setInterval(() => document.hidden || load(url, all), 60000);
}
