package web

import (
	"fmt"
	"slices"
	"strings"

	"callout/internal/operate"
)

func (w *Web) overviewRoutes() map[string]action {
	return map[string]action{
		"GET /{$}":           (*visit).overview,
		"GET /charts/{span}": (*visit).chart,
		"POST /pause":        (*visit).pauseAll,
		"POST /resume":       (*visit).resumeAll,
	}
}

// How much of everything an overview shows.
const (
	overviewDecisions = 10
	overviewAlerts    = 5
	overviewHosts     = 10
	overviewNames     = 20
	overviewDomains   = 50
)

// Overview is what the page "overview" shows: to an admin, how the whole stands.
type Overview struct {
	Tiles   []Tile
	Spans   []Tab
	Charts  []Chart
	Hosts   []operate.Host
	MoreOut int // hosts in trouble that are not shown
	Alerts  []Notice
	AllOpen int
	Held    Held
	Last    []operate.Decision
	None    *Empty // there is no domain yet
}

// Held is what is paused, or not enforced by its settings.
type Held struct {
	All     *operate.Pause  // of everything
	Pauses  []operate.Pause // of domains
	Loose   []string        // domains that are not enforced, the first of them
	Count   int             // domains that are paused, not enforced or both
	MoreOf  int             // domains that are not enforced beyond those
	MoreOut int             // pauses beyond those
	Length  Field
}

func (v *visit) overview() error {
	last, err := v.desk.Decisions(v.ctx(), v.who, operate.DecisionQuery{Limit: overviewDecisions})
	if err != nil {
		return err
	}
	if !v.who.Admin() {
		return v.overviewOfDomains(last.Decisions)
	}
	data := Overview{Last: last.Decisions, Held: v.heldNow()}
	all, err := v.desk.Domains(v.ctx(), v.who, operate.DomainQuery{Limit: 1})
	if err != nil {
		return err
	}
	if all.Total == 0 {
		none := v.noDomains(ReadList(v.r, ListSpec{}))
		data.None = &none
	}
	hosts, trouble, of := v.desk.Trouble(v.who, overviewHosts)
	data.Hosts, data.MoreOut = hosts, trouble-len(hosts)
	data.Alerts, data.AllOpen = v.openAlerts()
	if data.Tiles, err = v.tiles(trouble, of, data.AllOpen, &data.Held, all.Total); err != nil {
		return err
	}
	span := chosenSpan(v.r.URL.Query().Get("span"))
	data.Spans = spanTabs(span)
	if v.r.Header.Get("HX-Request") == "" { // a script fetches the figures alone
		if data.Charts, err = v.charts(span); err != nil {
			return err
		}
	}
	return v.page("overview", &Page{Title: "Overview", Active: "overview", Charts: true, Data: data})
}

// openAlerts are the first of those that are open, and how many there are.
func (v *visit) openAlerts() (shown []Notice, open int) {
	all, pauses := v.desk.Alerts(v.who), v.desk.Pauses(v.who)
	for _, a := range all[:min(len(all), overviewAlerts)] {
		shown = append(shown, v.openAlert(&a, pauses))
	}
	return shown, len(all)
}

// first returns the first n of all, and how many there are beyond.
func first[T any](all []T, n int) (some []T, more int) {
	n = min(n, len(all))
	return all[:n], len(all) - n
}

// heldNow is what is paused or not enforced at this moment.
func (v *visit) heldNow() Held {
	h := Held{Length: Field{Name: "length", Label: "For how long", Type: "select", Options: Choices("1h", pauseLengths...)}}
	var some []operate.Pause
	for _, p := range v.desk.Pauses(v.who) {
		if p.Domain == "" {
			h.All = &p
			continue
		}
		some = append(some, p)
	}
	loose := v.desk.NotEnforced(v.who)
	h.Count = len(loose)
	for _, p := range some {
		if _, both := slices.BinarySearch(loose, p.Domain); !both {
			h.Count++
		}
	}
	h.Pauses, h.MoreOut = first(some, overviewNames)
	h.Loose, h.MoreOf = first(loose, overviewNames)
	return h
}

// tiles are the figures of the last minute, and how many things want somebody to look.
func (v *visit) tiles(trouble, of, alerts int, held *Held, domains int) ([]Tile, error) {
	rates, err := v.desk.Rates(v.ctx(), v.who)
	if err != nil {
		return nil, err
	}
	per := rates.PerSecond
	known := per["from_cache"] + per["from_callout"]
	share := Tile{Label: "From the cache", Value: "–", Note: "nothing was asked"}
	if known > 0 {
		share.Value, share.Note = Percent(per["from_cache"]/known), "of "+Rate(known)+" verdicts/s"
	}
	all := []Tile{
		{Label: "Questions", Value: Rate(per["questions"]), Unit: "/s", Note: "over the last minute", URL: "/decisions"},
		share,
		{Label: "Callouts", Value: Rate(per["callouts"]), Unit: "/s", Note: Rate(per["callouts_failed"]) + "/s failed", URL: withQuery("/decisions", "source", "callout")},
		{Label: "Refused", Value: Rate(per["rejected"]), Unit: "/s", Note: "unknown recipients", URL: withQuery("/decisions", "action", "reject")},
		{Label: "Deferred", Value: Rate(per["deferred"]), Unit: "/s", Note: "nobody could say", URL: withQuery("/decisions", "action", "defer")},
		{Label: "Destinations", Value: Number(int64(trouble)), Unit: "with trouble", Note: "none", URL: "/destinations", Kind: "ok"},
		{Label: "Alerts", Value: Number(int64(alerts)), Unit: "open", Note: "none", URL: "/alerts", Kind: "ok"},
		heldTile(held, domains),
	}
	if trouble > 0 {
		all[5].Kind, all[5].Note = "warn", "of "+Plural(int64(of), "host", "hosts")
	}
	if alerts > 0 {
		all[6].Kind, all[6].Note = "warn", "see what to do"
	}
	return all, nil
}

// heldTile is how many domains are paused or not enforced.
func heldTile(h *Held, domains int) Tile {
	paused, loose := len(h.Pauses)+h.MoreOut, len(h.Loose)+h.MoreOf
	t := Tile{Label: "Not enforced", Value: Number(int64(h.Count)), Unit: "of " + Plural(int64(domains), "domain", "domains"), Note: "none", Kind: "ok", URL: "#held"}
	var notes []string
	if paused > 0 {
		notes = append(notes, Number(int64(paused))+" paused")
	}
	if loose > 0 {
		notes = append(notes, Number(int64(loose))+" by settings")
	}
	if len(notes) > 0 {
		t.Kind, t.Note = "warn", strings.Join(notes, ", ")
	}
	if h.All != nil {
		t.Kind, t.Value, t.Unit, t.Note = "warn", "all", fmt.Sprintf("of %d", domains), "everything is paused"
	}
	return t
}
