// What is measured: of which parts, in which unit, from whose source. The formulas are the marts'
// own; the words are read from their definitions.

const SAVES = "Some days count saves as engagement and others cannot, and the two are never mixed.";
const PEOPLE = "Some days count visitors and others only visits, and the two are never mixed.";

function ratio(label, unit, numerator, denominator, source, rest = {}) {
  return {
    label,
    unit,
    kind: "ratio",
    numerator,
    denominator,
    source,
    scale: unit === "pct" ? 100 : 1,
    ...rest,
  };
}

function sum(label, column, rest = {}) {
  return { label, unit: "count", kind: "sum", column, ...rest };
}

export const MEASURES = {
  views: sum("Views", "views", { define: ["views"], anomaly: 5 }),
  engagement_rate_pct: ratio(
    "Engagement rate",
    "pct",
    "engagements",
    "engagement_views",
    "engagement_source",
    {
      parts: ["engagements", "views"],
      define: ["engagement_rate_pct", "engagements"],
      alike: "engagement_has_saves",
      mixed: SAVES,
      anomaly: 0,
    },
  ),
  followers_closing: {
    label: "Followers",
    unit: "count",
    kind: "level",
    column: "followers_closing",
    opening: "followers_opening",
    net: "followers_net",
    source: "followers_source",
    define: ["followers_closing", "follower_growth_rate_pct"],
    anomaly: 1,
  },
  average_watch_seconds: ratio(
    "Average watch time",
    "seconds",
    "watch_ms",
    "views",
    "watch_source",
    {
      divisor: 1000,
      parts: ["seconds watched", "views"],
      define: ["average_watch_seconds", "total_watch_seconds"],
      anomaly: 3,
    },
  ),
  completion_rate_pct: ratio(
    "Completion rate",
    "pct",
    "completed_views",
    "views_with_duration",
    "watch_source",
    {
      parts: ["completed views", "views of known length"],
      define: ["completion_rate_pct"],
      anomaly: 4,
    },
  ),
  save_rate_pct: ratio("Save rate", "pct", "saves", "engagement_views", "engagement_source", {
    parts: ["saves", "views"],
    define: ["save_rate_pct"],
  }),
  profile_visits: sum("Profile visits", "profile_visits", { define: ["profile_visits"] }),
  conversion_rate_pct: ratio(
    "Conversion rate",
    "pct",
    "conversions",
    "conversion_visitors",
    "funnel_source",
    {
      parts: ["conversions", "visitor-days"],
      define: ["conversion_rate_pct", "conversions", "conversion_denominator"],
      alike: "conversion_denominator",
      mixed: PEOPLE,
      anomaly: 2,
    },
  ),
  conversions: sum("Conversions", "conversions", { define: ["conversions"] }),
  engagements: sum("Engagements", "engagements", {
    define: ["engagements"],
    alike: "engagement_has_saves",
    mixed: SAVES,
  }),
  likes: sum("Likes", "likes", { define: ["likes"] }),
  comments: sum("Comments", "comments", { define: ["comments"] }),
  shares: sum("Shares", "shares", { define: ["shares"] }),
  saves: sum("Saves", "saves", { define: ["saves"] }),
  impressions: sum("Impressions", "impressions", { define: ["impressions"] }),
  view_rate_pct: ratio("View rate", "pct", "views", "impressions", "watch_source", {
    parts: ["views", "impressions"],
    define: ["view_rate_pct"],
  }),
  followers_gained: sum("Followers gained", "followers_gained", { define: ["followers_gained"] }),
  followers_lost: sum("Followers lost", "followers_lost", { define: ["followers_lost"] }),
  followers_net: sum("Followers, net", "followers_net", { define: ["followers_net"] }),
  follower_growth_rate_pct: {
    label: "Follower growth",
    unit: "pct",
    kind: "growth",
    net: "followers_net",
    opening: "followers_opening",
    source: "followers_source",
    scale: 100,
    define: ["follower_growth_rate_pct"],
    anomaly: 1,
  },
  viewer_days: sum("Viewer-days", "unique_viewers", { define: ["unique_viewers"] }),
  new_viewers: sum("New viewers", "new_viewers", { define: ["new_viewers"] }),
};

export function labelOf(kpi) {
  return MEASURES[kpi]?.label ?? null;
}

export function unitOf(kpi) {
  if (MEASURES[kpi]) return MEASURES[kpi].unit;
  if (kpi.endsWith("_pct")) return "pct";
  if (kpi.endsWith("_seconds")) return "seconds";
  return kpi.includes("_per_") ? "ratio" : "count";
}

export const UNIT_NAMES = { pct: "percent", seconds: "seconds", count: "count", ratio: "ratio" };
