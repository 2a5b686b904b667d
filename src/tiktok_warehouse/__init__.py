"""Raw short-video exports to daily KPI marts that can be trusted."""
