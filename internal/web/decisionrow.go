package web

import (
	"strconv"
	"strings"
	"time"

	"callout/internal/operate"
)

// decisionRow is a decision in words. A page shows it, and its live tail sends it: the names are those of the fields that
// script fills in, where it has made a row of one that is Live.
type decisionRow struct {
	Live bool   `json:"-"`
	At   string `json:"at"` // RFC 3339

	Clock string `json:"-"`
	Exact string `json:"exact"`

	Recipient string `json:"recipient"`
	Action    string `json:"action"`
	WouldBe   string `json:"would_be"` // what stands before Would
	Would     string `json:"would"`
	Verdict   string `json:"verdict"`
	CatchAll  string `json:"catch_all"`
	Source    string `json:"source"`
	Why       string `json:"why"`
	Client    string `json:"client"`
	Sender    string `json:"sender"`
	Took      string `json:"took"`

	Domain  string `json:"domain"`
	Front   string `json:"front"`
	Reason  string `json:"reason"`
	Told    string `json:"told"`
	Host    string `json:"host"`
	Reply   string `json:"reply"`
	Age     string `json:"age"`
	Problem string `json:"problem"`
	Marks   string `json:"marks"`
}

// nothing stands in a column that has no value.
const nothing = "–"

var sources = map[string]string{"cache": "cached", "callout": "asked", "none": nothing}

func newDecisionRow(d *operate.Decision, now time.Time) decisionRow {
	row := decisionRow{
		At: d.At.UTC().Format(time.RFC3339), Clock: clock(d.At, now), Exact: d.At.UTC().Format("2006-01-02 15:04:05.000") + " UTC",
		Recipient: d.Recipient, Action: d.Action, Would: d.Would, Verdict: d.Verdict, Source: sources[d.Source], Why: d.Why,
		Client: d.Client, Sender: d.Sender, Took: Duration(time.Duration(d.TookMS * float64(time.Millisecond))),
		Domain: d.Domain, Front: frontWord(d.Front), Reason: d.Reason, Told: told(d), Host: d.Host, Reply: d.Reply, Problem: d.Problem, Marks: marks(d),
	}
	if d.Would != "" {
		row.WouldBe = "would be"
	}
	if d.CatchAll {
		row.CatchAll = "catch_all"
	}
	if d.AgeSeconds != nil {
		row.Age = Duration(time.Duration(*d.AgeSeconds * float64(time.Second)))
	}
	return row
}

// frontWord is who asked: what comes by the API is a test, as one made on a page is.
func frontWord(front string) string {
	if front == operate.FrontAPI {
		return "test"
	}
	return front
}

// told are the codes that a client of a front end is told.
func told(d *operate.Decision) string {
	if d.Code == 0 {
		return ""
	}
	return strings.TrimSpace(strconv.Itoa(d.Code) + " " + d.Enhanced)
}

// marks are what else there is to say of a verdict.
func marks(d *operate.Decision) string {
	var all []string
	for _, one := range []struct {
		set  bool
		word string
	}{{d.CatchAll, "catch-all"}, {d.Provisional, "provisional"}, {d.Stale, "stale"}} {
		if one.set {
			all = append(all, one.word)
		}
	}
	return strings.Join(all, ", ")
}
