(function () {
  'use strict';
  var data = JSON.parse(document.getElementById('data').textContent);
  var CIVIDIS = ['#00224e', '#123570', '#3b496c', '#575d6d', '#707173', '#8a8678', '#a59c74', '#c3b369', '#e1cc55', '#fee838'];
  var TABLE_COLOURS = { bqx: 'c6', reg_rate: 'c5', reg_bqx: 'c1', market_features: 'c4' };
  var FONT = getComputedStyle(document.body).fontFamily;
  var BLOC_STYLES = [['c1', 'solid'], ['c2', [7, 3]], ['c3', [2, 3]]];

  function colour(name) { return 'var(--' + name + ')'; }
  function escape(text) {
    return String(text).replace(/[&<>"']/g, function (c) { return '&#' + c.charCodeAt(0) + ';'; });
  }
  function percent(value, digits) { return (100 * value).toFixed(digits); }
  function thousands(value) { return Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, ','); }
  function text(size) { return { color: colour('muted'), fontSize: size || 12 }; }
  function lines() { return { lineStyle: { color: colour('rule') } }; }
  function tooltip(formatter, trigger) {
    return {
      trigger: trigger || 'item', confine: true, transitionDuration: 0, formatter: formatter,
      backgroundColor: colour('surface'), borderColor: colour('rule'), textStyle: { color: colour('ink'), fontSize: 13 },
      axisPointer: { type: 'line', lineStyle: { color: colour('faint') }, label: { show: false } }
    };
  }
  function axis(type, more) {
    var base = {
      type: type, axisLabel: text(), axisLine: lines(), axisTick: { show: false }, splitLine: lines(),
      nameTextStyle: text(), nameLocation: 'end'
    };
    return Object.assign(base, more);
  }
  function stamp(time) { return new Date(time).toISOString().slice(0, 16).replace('T', ' '); }
  function clock(time) { return new Date(time).toISOString().slice(11, 19); }
  /** Room for the longest of some labels, in pixels. */
  function room(labels, size) {
    return 12 + Math.ceil(labels.reduce(function (most, label) { return Math.max(most, String(label).length); }, 0) * (size || 12) * 0.58);
  }
  /** A line for the eye: pauses in the data are not bridged. */
  function series(times, values, step, scale) {
    var points = [];
    for (var i = 0; i < times.length; i++) {
      if (i > 0 && times[i] - times[i - 1] > 4 * step) { points.push([times[i - 1] + step, null]); }
      points.push([times[i], values[i] === null ? null : scale * values[i]]);
    }
    return points;
  }
  /** A time axis whose labels are equally far apart: whole days, or hours where there are few. */
  function timeAxis(grid, times, width, size, shown) {
    var day = 86400000, few = times[times.length - 1] - times[0] < 2 * day, unit = few ? 3600000 : day;
    var first = Math.floor(times[0] / unit) * unit, last = Math.max(times[times.length - 1], first + unit);
    var labels = Math.max(2, Math.floor(width / 110)) + 0.5;
    return axis('value', {
      gridIndex: grid, min: first, max: last, interval: Math.max(unit, Math.ceil((last - first) / labels / unit) * unit),
      axisLabel: Object.assign(text(size), { show: shown, showMaxLabel: false, formatter: function (t) { return few ? clock(t).slice(0, 5) : stamp(t).slice(5, 10); } }),
      splitLine: { show: false }, axisLine: { show: true, onZero: false, lineStyle: { color: colour('rule') } }
    });
  }

  function work(width) {
    var w = data.work, lanes = w.lanes, rowHeight = lanes.length > 12 ? 18 : 26;
    var top = 26, timeline = Math.max(40, lanes.length * rowHeight), gap = 44, pace = 150;
    var left = Math.max(58, room(lanes)), right = 16;
    var span = { type: 'time', min: w.start, max: w.end };
    var labels = { formatter: function (t) { return w.end - w.start > 172800000 ? stamp(t).slice(5) : clock(t).slice(0, w.end - w.start < 600000 ? 8 : 5); }, hideOverlap: true };
    var groups = {};
    w.partitions.forEach(function (p, i) {
      var key = p[5] ? p[3] : 'failed';
      (groups[key] = groups[key] || []).push([p[0], p[1], p[2], i]);
    });
    var bars = Object.keys(groups).map(function (key) {
      return {
        type: 'custom', name: key, data: groups[key], encode: { x: [1, 2], y: 0 }, clip: true,
        renderItem: function (params, api) {
          var from = api.coord([api.value(1), api.value(0)]), to = api.coord([api.value(2), api.value(0)]);
          var height = Math.max(5, rowHeight * 0.72);
          return {
            type: 'rect',
            shape: { x: from[0], y: from[1] - height / 2, width: Math.max(1.2, to[0] - from[0] - 0.6), height: height, r: 1 },
            style: { fill: colour(key === 'failed' ? 'bad' : TABLE_COLOURS[key]) }
          };
        }
      };
    });
    var begins = w.runs.map(function (start) { return { xAxis: start }; });
    return {
      height: top + timeline + gap + pace + 48,
      option: {
        useUTC: true, animation: false,
        tooltip: tooltip(function (hit) {
          if (hit.seriesType !== 'custom') {
            return clock(hit.value[0]) + '<br>' + thousands(hit.value[1]) + ' rows/s';
          }
          var p = w.partitions[hit.value[3]];
          return '<b>' + escape(p[4]) + '</b><br>' + clock(p[1]) + ', ' + ((p[2] - p[1]) / 1000).toFixed(2) + ' s<br>' +
            (p[5] ? thousands(p[6]) + ' rows' : 'failed');
        }),
        grid: [
          { left: left, right: right, top: top, height: timeline },
          { left: left, right: right, top: top + timeline + gap, height: pace }
        ],
        xAxis: [
          axis('time', Object.assign({ gridIndex: 0, axisLabel: { show: false }, splitLine: { show: true, lineStyle: { color: colour('rule') } } }, span)),
          axis('time', Object.assign({ gridIndex: 1, axisLabel: Object.assign(text(), labels), splitLine: { show: true, lineStyle: { color: colour('rule') } },
            splitNumber: Math.max(2, Math.floor(width / 150)), name: 'time, UTC', nameGap: 26, nameLocation: 'middle' }, span))
        ],
        yAxis: [
          axis('category', { gridIndex: 0, data: lanes, inverse: true, name: 'worker', nameLocation: 'start', splitLine: { show: false } }),
          axis('value', { gridIndex: 1, name: 'rows/s', splitNumber: 3, axisLabel: Object.assign(text(), { formatter: function (v) { return v >= 1000 ? v / 1000 + 'k' : v; } }) })
        ],
        series: bars.concat([{
          type: 'line', xAxisIndex: 1, yAxisIndex: 1, step: 'end', showSymbol: false, data: w.pace,
          lineStyle: { color: colour('c1'), width: 1.5 }, areaStyle: { color: colour('c1'), opacity: 0.16 }, itemStyle: { color: colour('c1') },
          markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: colour('muted'), type: 'dashed' }, data: begins }
        }, {
          type: 'line', xAxisIndex: 0, yAxisIndex: 0, data: [],
          markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: colour('muted'), type: 'dashed' }, data: begins }
        }])
      }
    };
  }

  function bars(names, values, format, unit, width, fills) {
    var size = width < 560 ? 11 : 12, left = room(names, size);
    return {
      height: names.length * 21 + 56,
      option: {
        animation: false,
        tooltip: tooltip(function (hit) { return '<b>' + escape(hit.name) + '</b><br>' + format(hit.value) + ' ' + unit; }),
        grid: { left: left, right: 62, top: 4, bottom: 42 },
        xAxis: axis('value', { name: unit, nameLocation: 'middle', nameGap: 26, splitNumber: width < 560 ? 3 : 6 }),
        yAxis: axis('category', { data: names, inverse: true, axisLabel: Object.assign(text(size), { interval: 0 }), splitLine: { show: false } }),
        series: [{
          type: 'bar', barWidth: 11, data: values.map(function (v, i) { return { value: v, itemStyle: { color: colour(fills(i)), borderRadius: [0, 3, 3, 0] } }; }),
          label: { show: true, position: 'right', color: colour('ink'), fontSize: size, formatter: function (hit) { return format(hit.value); } }
        }]
      }
    };
  }

  function slowest(width) {
    var s = data.slowest;
    return bars(s.map(function (p) { return p[0]; }), s.map(function (p) { return p[1]; }),
      function (v) { return v.toFixed(2); }, 'seconds', width, function (i) { return TABLE_COLOURS[s[i][2]]; });
  }

  function nulls(width) {
    var n = data.nulls;
    return bars(n.map(function (f) { return f[0] + '  ' + f[1]; }), n.map(function (f) { return 100 * f[2]; }),
      function (v) { return v < 0.01 ? '< 0.01' : v.toFixed(2); }, 'percent of the values', width, function () { return 'c1'; });
  }

  function baskets(width) {
    var m = data.market, names = Object.keys(m.baskets), columns = width > 860 ? 4 : width > 330 ? 2 : 1;
    var rows = Math.ceil(names.length / columns), panel = 118, gapX = 18, gapY = 54, left = 46, top = 26;
    var each = (width - left - 12 - gapX * (columns - 1)) / columns;
    var low = Infinity, high = -Infinity;
    names.forEach(function (name) {
      m.baskets[name].forEach(function (v) { if (v !== null) { low = Math.min(low, 100 * v); high = Math.max(high, 100 * v); } });
    });
    var grids = [], xs = [], ys = [], all = [], titles = [];
    names.forEach(function (name, i) {
      var x = left + (i % columns) * (each + gapX), y = top + Math.floor(i / columns) * (panel + gapY);
      var first = i % columns === 0;
      grids.push({ left: x, top: y, width: each, height: panel });
      titles.push({ text: name, left: x, top: y - 24, textStyle: { color: colour('ink'), fontSize: 14, fontWeight: 600 } });
      xs.push(timeAxis(i, m.times, each, 11, true));
      ys.push(axis('value', {
        gridIndex: i, inverse: true, min: low, max: high, splitNumber: 3, name: first && i === 0 ? '%' : '', nameGap: 6,
        nameLocation: 'start', nameTextStyle: Object.assign(text(11), { align: 'right', padding: [0, 8, 0, 0] }),
        axisLabel: Object.assign(text(11), { show: first, showMinLabel: false, showMaxLabel: false, formatter: function (v) { return Math.abs(v) < 1e-12 ? '0' : v.toFixed(2); } })
      }));
      names.forEach(function (other) {
        if (other !== name) {
          all.push({ type: 'line', xAxisIndex: i, yAxisIndex: i, showSymbol: false, silent: true, tooltip: { show: false }, data: series(m.times, m.baskets[other], m.step, 100),
            lineStyle: { color: colour('faint'), width: 0.6, opacity: 0.7 }, z: 1 });
        }
      });
      all.push({ type: 'line', name: name, xAxisIndex: i, yAxisIndex: i, showSymbol: false, data: series(m.times, m.baskets[name], m.step, 100),
        lineStyle: { color: colour('c1'), width: 1.8 }, itemStyle: { color: colour('c1') }, z: 3,
        markLine: { silent: true, symbol: 'none', label: { show: false }, lineStyle: { color: colour('muted'), width: 0.8, type: 'solid' }, data: [{ yAxis: 0 }] } });
    });
    return {
      height: top + rows * (panel + gapY) - gapY + 30,
      option: {
        useUTC: true, animation: false, title: titles, grid: grids, xAxis: xs, yAxis: ys, series: all,
        tooltip: tooltip(function (hits) {
          var own = (Array.isArray(hits) ? hits : [hits]).filter(function (hit) { return names.indexOf(hit.seriesName) >= 0 && hit.value[1] !== null; });
          return own.length ? stamp(own[0].value[0]) + '<br><b>' + escape(own[0].seriesName) + '</b> ' + own[0].value[1].toFixed(3) + ' %' : '';
        }, 'axis')
      }
    };
  }

  function blocs(width) {
    var m = data.market, names = Object.keys(m.strengths), left = 52, right = room(names) + 8, each = 170;
    function drawn(values, grid, scale) {
      return names.map(function (name, i) {
        var style = BLOC_STYLES[i % BLOC_STYLES.length];
        return {
          type: 'line', name: name, xAxisIndex: grid, yAxisIndex: grid, showSymbol: false, data: series(m.times, values[name], m.step, scale),
          lineStyle: { color: colour(style[0]), type: style[1], width: 1.7 }, itemStyle: { color: colour(style[0]) },
          endLabel: { show: true, formatter: function () { return name.replace('_', ' '); }, color: colour(style[0]), fontSize: 12, distance: 6 },
          labelLayout: { moveOverlap: 'shiftY' }
        };
      });
    }
    return {
      height: 30 + each + 46 + each + 34,
      option: {
        useUTC: true, animation: false,
        grid: [{ left: left, right: right, top: 30, height: each }, { left: left, right: right, top: 30 + each + 46, height: each }],
        xAxis: [timeAxis(0, m.times, width - left - right, 12, false), timeAxis(1, m.times, width - left - right, 12, true)],
        yAxis: [
          axis('value', { gridIndex: 0, inverse: true, name: 'strength, %', nameLocation: 'start', splitNumber: 4, nameTextStyle: Object.assign(text(), { align: 'left', padding: [0, 0, 0, -left + 6] }),
            axisLabel: Object.assign(text(), { formatter: function (v) { return Math.abs(v) < 1e-12 ? '0' : v.toFixed(2); } }) }),
          axis('value', { gridIndex: 1, name: 'coherence, correlation', splitNumber: 4, nameTextStyle: Object.assign(text(), { align: 'left', padding: [0, 0, 0, -left + 6] }) })
        ],
        series: drawn(m.strengths, 0, 100).concat(drawn(m.coherences, 1, 1)),
        tooltip: tooltip(function (hits) {
          return hits.length ? stamp(hits[0].value[0]) + hits.map(function (hit) {
            return hit.value[1] === null ? '' : '<br><b>' + escape(hit.seriesName) + '</b> ' + hit.value[1].toFixed(3) + (hit.axisIndex === 0 ? ' %' : '');
          }).join('') : '';
        }, 'axis')
      }
    };
  }

  /** The largest of each week where days would be too narrow to see. */
  function byWeek(days, values) {
    var weeks = [], largest = {};
    days.forEach(function (day, i) {
      var date = new Date(day + 'T00:00:00Z');
      date.setUTCDate(date.getUTCDate() - (date.getUTCDay() + 6) % 7);
      var week = date.toISOString().slice(0, 10);
      if (weeks.indexOf(week) < 0) { weeks.push(week); }
      Object.keys(values).forEach(function (pair) {
        var at = largest[pair] = largest[pair] || {}, v = values[pair][i];
        if (v !== null && !(at[week] >= v)) { at[week] = v; }
      });
    });
    var result = {};
    Object.keys(values).forEach(function (pair) {
      result[pair] = weeks.map(function (week) { return (largest[pair] || {})[week] === undefined ? null : largest[pair][week]; });
    });
    return { days: weeks, values: result };
  }

  function mispricings(width) {
    var m = data.mispricings, pairs = Object.keys(m.values), size = width < 560 ? 11 : 12, left = room(pairs, size);
    var weekly = (width - left - 20) / m.days.length < 2.5;
    var shown = weekly ? byWeek(m.days, m.values) : m;
    document.getElementById('mispricing-unit').textContent = weekly ? 'week' : 'day';
    var cells = [], low = Infinity, high = -Infinity;
    pairs.forEach(function (pair, y) {
      shown.values[pair].forEach(function (v, x) {
        if (v !== null) { cells.push([x, y, v]); low = Math.min(low, v); high = Math.max(high, v); }
      });
    });
    if (!cells.length) { low = 0; high = 1; }
    var cell = width < 560 ? 15 : 17;
    return {
      height: 62 + pairs.length * cell + 34,
      option: {
        animation: false,
        tooltip: tooltip(function (hit) { return '<b>' + escape(pairs[hit.value[1]]) + '</b> ' + escape(shown.days[hit.value[0]]) + '<br>' + hit.value[2].toFixed(4) + ' %'; }),
        grid: { left: left, right: 16, top: 56, height: pairs.length * cell },
        xAxis: axis('category', { data: shown.days, axisLabel: Object.assign(text(size), { hideOverlap: true, formatter: function (day) { return day.slice(5); } }), splitLine: { show: false }, axisLine: { show: false } }),
        yAxis: axis('category', { data: pairs, inverse: true, axisLabel: Object.assign(text(size), { interval: 0 }), splitLine: { show: false }, axisLine: { show: false } }),
        visualMap: {
          type: 'continuous', min: low, max: high === low ? low + 1e-9 : high, orient: 'horizontal', left: left - 2, top: 0, itemWidth: 12, itemHeight: Math.min(260, width - left - 150),
          text: [high.toFixed(3) + ' %', low.toFixed(3) + ' %'], textStyle: { color: colour('muted'), fontSize: 12 }, textGap: 8,
          inRange: { color: CIVIDIS }, hoverLink: false
        },
        series: [{ type: 'heatmap', data: cells, itemStyle: { borderColor: colour('surface'), borderWidth: shown.days.length > 120 ? 0 : 1 }, emphasis: { disabled: true } }]
      }
    };
  }

  [['work', work], ['slowest', slowest], ['baskets', baskets], ['blocs', blocs], ['mispricings', mispricings], ['nulls', nulls]].forEach(function (entry) {
    var element = document.getElementById('chart-' + entry[0]);
    if (!element) { return; }
    var chart = null, width = 0;
    function draw() {
      var now = element.clientWidth;
      if (!now || now === width) { return; }
      width = now;
      var made = entry[1](now);
      element.style.height = made.height + 'px';
      chart = chart || echarts.init(element, null, { renderer: 'svg', width: now, height: made.height });
      chart.resize({ width: now, height: made.height });
      chart.setOption(Object.assign({ textStyle: { fontFamily: FONT } }, made.option), true);
    }
    draw();
    window.addEventListener('resize', draw);
  });
})();
