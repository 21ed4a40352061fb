package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"callout/internal/history"
	"callout/internal/operate"
)

// chartSpans are the spans of charts: name, tab, and in a sentence.
var chartSpans = [][3]string{{"hour", "Hour", "hour"}, {"day", "Day", "day"}, {"month", "30 days", "30 days"}}

// chosenSpan returns a span, the hour where another is asked for.
func chosenSpan(name string) string {
	for _, s := range chartSpans {
		if s[0] == name {
			return name
		}
	}
	return chartSpans[0][0]
}

func spanTabs(chosen string) []Tab {
	var all []Tab
	for _, s := range chartSpans {
		all = append(all, Tab{Text: s[1], URL: withQuery("/", "span", s[0]), Active: s[0] == chosen})
	}
	return all
}

// The series of an overview's charts, in the order of drawing.
var (
	decisionSeries = []Series{{"accepted", "Accepted", 1}, {"rejected", "Refused", 2}, {"deferred", "Deferred", 3}, {"no_opinion", "No opinion", 6}}
	sourceSeries   = []Series{{"from_cache", "From the cache", 4}, {"from_callout", "Asked", 5}}
	calloutSeries  = []Series{{"callouts", "Callouts", 4}, {"callouts_failed", "Failed", 2}}
)

func (v *visit) charts(span string) ([]Chart, error) {
	c, err := v.desk.Chart(v.ctx(), v.who, span)
	if err != nil {
		return nil, err
	}
	url := "/charts/" + span
	return []Chart{
		{ID: "chart-decisions", Title: "Decisions", URL: url, Unit: "/s", Series: decisionSeries, Text: chartText(&c, span, decisionSeries)},
		{ID: "chart-sources", Title: "Where verdicts came from", URL: url, Unit: "/s", Series: sourceSeries, Text: chartText(&c, span, sourceSeries)},
		{ID: "chart-callouts", Title: "Callouts", URL: url, Unit: "/s", Series: calloutSeries, Text: chartText(&c, span, calloutSeries)},
	}, nil
}

// chartText says what a chart shows: the mean of each series, and the most that there was of it.
func chartText(c *history.Chart, span string, series []Series) string {
	var parts []string
	for _, s := range series {
		mean, most, seen := summary(c.Series[s.Name])
		if !seen {
			return "Nothing was counted in this time."
		}
		parts = append(parts, fmt.Sprintf("%s %s, at most %s", strings.ToLower(s.Label), Rate(mean), Rate(most)))
	}
	words := ""
	for _, s := range chartSpans {
		if s[0] == span {
			words = s[2]
		}
	}
	return fmt.Sprintf("A second, on average over the last %s: %s.", words, strings.Join(parts, "; "))
}

// summary returns the mean of the steps in which somebody counted, and the largest.
func summary(points []*float64) (mean, most float64, seen bool) {
	n, sum := 0, 0.0
	for _, p := range points {
		if p != nil {
			n++
			sum += *p
			most = max(most, *p)
		}
	}
	if n == 0 {
		return 0, 0, false
	}
	return sum / float64(n), most, true
}

// chart is a chart's figures, as script draws them.
func (v *visit) chart() error {
	c, err := v.desk.Chart(v.ctx(), v.who, v.r.PathValue("span"))
	if operate.KindOf(err) == operate.Malformed {
		return v.missing()
	}
	if err != nil {
		return err
	}
	v.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v).Encode(c)
}
