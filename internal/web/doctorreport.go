package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callout/internal/doctor"
)

// ReportView is a report as a page shows it.
type ReportView struct {
	*doctor.Report
	Strip    Strip
	Took     time.Duration
	First    []change // what to change, in the order in which the checks rest on each other
	Whole    []findingView
	Hosts    []hostReport
	Dialogue Dialogue
	LeftOut  int // lines of the dialogue that are not there
}

// change is one thing to change.
type change struct {
	Check, Where string
	Seen, Change string
	Ways         []string
}

type hostReport struct {
	*doctor.Host
	Findings []findingView
}

type findingView struct {
	doctor.Finding
	Title string
	Kind  string // of its badge
	Word  string
	Above bool // what to change stands in full among what to change first
}

// checkTitles are the checks in words.
var checkTitles = map[doctor.Check]string{
	doctor.Reachable: "Connection", doctor.Loop: "Loop", doctor.Banner: "Greeting", doctor.EHLO: "EHLO", doctor.Encryption: "Encryption",
	doctor.Certificate: "Certificate", doctor.NullSender: "Null sender", doctor.Random: "Random address", doctor.Known: "Address that exists",
	doctor.Greylisting: "Greylisting", doctor.Pipelining: "Pipelining", doctor.Several: "Several recipients", doctor.Errors: "Error limit",
	doctor.Pace: "Answer times", doctor.Backup: "Backup hosts", doctor.Agreement: "Hosts agree", doctor.Complete: "Complete",
}

// onPage words what is to be changed for those who see a form, where a report has the options of a command line.
var onPage = strings.NewReplacer(
	doctor.NameGood, "Name one in the form",
	doctor.NameExisting, "Name an address that exists in the form",
	doctor.TellCatchAll, "tick that it is meant to accept everything",
	doctor.LeaveCatchAll, "don't tick that it is meant to accept everything",
	doctor.LookAt, "ask about it with callout doctor --to",
	doctor.ExamineOne, "Examine one of them with callout doctor --to",
)

// levels are how the levels of findings show: kind and word.
var levels = map[doctor.Level][2]string{doctor.Good: {"ok", "good"}, doctor.Note: {"info", "note"}, doctor.Mend: {"bad", "to change"}}

func reportView(r *doctor.Report, said *transcript) *ReportView {
	view := &ReportView{
		Report: r, Strip: reportStrip(r), Took: time.Duration(r.TookSeconds * float64(time.Second)), First: changes(r),
		Whole: findingViews(r.Findings), LeftOut: said.leftOut, Dialogue: Dialogue{Lines: said.lines, Label: "The whole dialogue of the examination"},
	}
	for _, h := range r.Hosts {
		view.Hosts = append(view.Hosts, hostReport{h, findingViews(h.Findings)})
	}
	return view
}

// reportStrip is the result in one sentence.
func reportStrip(r *doctor.Report) Strip {
	switch {
	case r.Result == doctor.NotExamined:
		return Strip{Kind: "bad", Word: "No host could be examined", Text: "Nothing could be asked at the destination of " + r.Domain + "."}
	case r.Mend == 1:
		return Strip{Kind: "warn", Word: "One thing to change", Text: "Verifying recipients of " + r.Domain + " suffers from it."}
	case r.Mend > 1:
		return Strip{Kind: "warn", Word: fmt.Sprintf("%d things to change", r.Mend), Text: "Verifying recipients of " + r.Domain + " suffers from them. Begin with the first."}
	}
	return Strip{Kind: "ok", Word: "Nothing to change", Text: "The destination of " + r.Domain + " answers as it should."}
}

// changes are the findings that ask for a change. Each check rests on those before it, so that the first is to be done first.
func changes(r *doctor.Report) []change {
	var all []change
	add := func(where string, findings []doctor.Finding, check doctor.Check) {
		for _, f := range findings {
			if f.Level == doctor.Mend && f.Check == check {
				all = append(all, change{checkTitle(f.Check), where, f.Seen, onPage.Replace(f.Change), waysOnPage(f.Ways)})
			}
		}
	}
	for _, check := range doctor.Checks {
		for _, h := range r.Hosts {
			add(h.Name, h.Findings, check)
		}
		add("the destination as a whole", r.Findings, check)
	}
	return all
}

func findingViews(all []doctor.Finding) []findingView {
	views := make([]findingView, 0, len(all))
	for _, f := range all {
		level := levels[f.Level]
		f.Change, f.Ways = onPage.Replace(f.Change), waysOnPage(f.Ways)
		views = append(views, findingView{f, checkTitle(f.Check), level[0], level[1], f.Level == doctor.Mend})
	}
	// What is to be changed first, each kind in the order of the checks.
	slices.SortStableFunc(views, func(a, b findingView) int { return weight(b.Level) - weight(a.Level) })
	return views
}

func waysOnPage(ways []string) []string {
	said := make([]string, 0, len(ways))
	for _, way := range ways {
		said = append(said, onPage.Replace(way))
	}
	return said
}

func weight(l doctor.Level) int {
	return slices.Index([]doctor.Level{doctor.Good, doctor.Note, doctor.Mend}, l)
}

func checkTitle(c doctor.Check) string {
	if title := checkTitles[c]; title != "" {
		return title
	}
	return string(c)
}
