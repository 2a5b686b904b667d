// Videos over the chosen days: their counts, their rates, and how far chance can move a rate.

const COUNTS = [
  "views",
  "engagements",
  "engagement_views",
  "saves",
  "save_views",
  "watch_ms",
  "watch_views",
  "completed",
  "completion_views",
  "followers_gained",
];
/** The flag of sums in which engagements with and without saves meet. */
export const MIXED = 2;
// The 97.5 % quantile of the normal distribution, and its square.
const Z = 1.959963984540054;
const Z2 = 3.8414588206941254;

export const VIDEO_RATES = {
  engagement_rate_pct: {
    label: "Engagement rate",
    unit: "pct",
    top: "engagements",
    bottom: "engagement_views",
    scale: 100,
  },
  save_rate_pct: {
    label: "Save rate",
    unit: "pct",
    top: "saves",
    bottom: "save_views",
    scale: 100,
  },
  completion_rate_pct: {
    label: "Completion rate",
    unit: "pct",
    top: "completed",
    bottom: "completion_views",
    scale: 100,
  },
  average_watch_seconds: {
    label: "Average watch time",
    unit: "seconds",
    top: "watch_ms",
    bottom: "watch_views",
    scale: 1,
    divisor: 1000,
  },
};

/** Fewer views than this say little about a rate. */
export const SMALL_SAMPLE = 100;

/** The Wilson interval of a share in percent, 95 %; null where it is no share. */
export function wilson(successes, trials) {
  if (successes === null || !trials || successes < 0 || successes > trials) return null;
  const p = successes / trials;
  const middle = p + Z2 / (2 * trials);
  const reach = Z * Math.sqrt((p * (1 - p)) / trials + Z2 / (4 * trials * trials));
  const whole = 1 + Z2 / trials;
  return [
    Math.max(0, (100 * (middle - reach)) / whole),
    Math.min(100, (100 * (middle + reach)) / whole),
  ];
}

function add(total, value) {
  return value === null ? total : (total ?? 0) + value;
}

/** Whether a span of days, numbered back from the data's last, meets the chosen days. */
export function spanTest(meta, from, to) {
  const { last, grain_days: grain } = meta;
  return (span) => last - span * grain >= from && last - (span + 1) * grain + 1 <= to;
}

/** The last day of a span. */
export function spanDay(meta, span) {
  return meta.last - span * meta.grain_days;
}

export function emptySums() {
  return { ...Object.fromEntries(COUNTS.map((name) => [name, null])), hasSaves: null };
}

export function addSums(total, row) {
  for (const name of COUNTS) total[name] = add(total[name], row[name]);
  if (row.hasSaves !== null)
    total.hasSaves =
      total.hasSaves === null || total.hasSaves === row.hasSaves ? row.hasSaves : MIXED;
  return total;
}

/** Videos of some accounts that anything happened to on the chosen days, most viewed first. */
export function sumVideos(data, accounts, from, to) {
  const { videos, video_days: days, meta } = data;
  const chosen = new Set(accounts.map((account) => account.index));
  const isIn = spanTest(meta, from, to);
  const found = new Map();
  for (let row = 0; row < days.rows; row += 1) {
    const index = days.video[row];
    if (!isIn(days.span[row]) || !chosen.has(videos.account[index])) continue;
    if (!found.has(index)) found.set(index, { index, ...describe(data, index), ...emptySums() });
    const sums = found.get(index);
    for (const name of COUNTS) sums[name] = add(sums[name], days[name][row]);
    const flag = days.has_saves[row];
    if (flag !== null)
      sums.hasSaves = sums.hasSaves === null || sums.hasSaves === flag ? flag : MIXED;
  }
  return [...found.values()].sort((a, b) => (b.views ?? -1) - (a.views ?? -1));
}

export function describe(data, index) {
  const { videos } = data;
  return {
    id: videos.id[index],
    account: data.accounts[videos.account[index]].handle,
    caption: videos.caption[index],
    format: videos.format[index],
    sound: videos.sound[index],
    band: videos.band[index],
    duration_seconds: videos.duration_ms[index] === null ? null : videos.duration_ms[index] / 1000,
    is_ad: videos.is_ad[index],
    is_ai: videos.is_ai[index],
    posted_date: videos.posted_date[index],
    weekday: videos.posted_weekday[index],
    hour: videos.posted_hour[index],
  };
}

export function titleOf(video) {
  return video.caption || `Video ${video.id}`;
}

/** A rate of sums; null where engagements with and without saves would be mixed. */
export function rateOf(sums, kpi) {
  const { top, bottom, scale, divisor } = VIDEO_RATES[kpi];
  if (sums[top] === null || !sums[bottom]) return null;
  if (kpi === "engagement_rate_pct" && sums.hasSaves === MIXED) return null;
  return ((divisor ? sums[top] / divisor : sums[top]) / sums[bottom]) * scale;
}

export function intervalOf(sums, kpi) {
  const { unit, top, bottom } = VIDEO_RATES[kpi];
  return unit === "pct" && rateOf(sums, kpi) !== null ? wilson(sums[top], sums[bottom]) : null;
}

export function sampleOf(sums, kpi) {
  return sums[VIDEO_RATES[kpi].bottom];
}
