package web

import (
	"slices"
	"time"

	"callout/internal/operate"
)

// DomainPage is what the page "domain" shows.
type DomainPage struct {
	operate.Domain
	Strips    []Strip
	ModeText  string
	Kept      [2]time.Duration // valid and invalid verdicts
	Hosts     []domainHost
	Admin     bool
	ReadOnly  bool      // here: it is one of the file
	Pause     PauseForm // for admins
	Test      TestForm
	Decisions string
}

// domainHost is a host of a domain's destination, and how its addresses stand, of which something is known.
type domainHost struct {
	Name     string
	Priority int // 1 is asked first
	At       []operate.Host
}

// PauseForm begins or ends a pause.
type PauseForm struct {
	Pause  string // URL
	Resume Press  // zero where there is nothing to end
	Length Field
	All    bool // it is everything that is paused
}

func (v *visit) domain() error {
	name := v.r.PathValue("domain")
	d, hosts, err := v.desk.DomainWithHosts(v.ctx(), v.who, name)
	if err != nil {
		return err
	}
	data := DomainPage{
		Domain: d, Strips: v.standingStrips(&d), ModeText: modes[d.Mode], Hosts: domainHosts(d.Destinations, hosts), Admin: v.who.Admin(),
		ReadOnly: d.Origin == "file", Pause: v.pauseForm(&d), Decisions: decisionsURL(d.Name),
		Test: TestForm{Title: "Test an address", URL: "/test", Hidden: [][2]string{{"domain", d.Name}}, Fields: testFields("", true, "")},
	}
	for i, ttl := range []string{d.ValidTTL, d.InvalidTTL} {
		data.Kept[i], _ = time.ParseDuration(ttl)
	}
	return v.page("domain", v.aboutDomain(&d, "overview", data))
}

// domainHosts puts what is known of hosts at the destinations that lead there.
func domainHosts(groups [][]string, known []operate.Host) []domainHost {
	var all []domainHost
	for i, group := range groups {
		for _, name := range group {
			one := domainHost{Name: name, Priority: i + 1}
			for _, h := range known {
				if slices.Contains(h.Names, name) {
					one.At = append(one.At, h)
				}
			}
			all = append(all, one)
		}
	}
	return all
}

// aboutDomain is a page about a domain: the way to it, and its tabs, of which one is active.
func (v *visit) aboutDomain(d *operate.Domain, active string, data any) *Page {
	at := domainURL(d.Name)
	p := &Page{Title: d.Name, Mono: true, Active: "domains", Crumbs: []Link{{"Domains", "/domains"}}, Data: data, Tabs: []Tab{
		{"Overview", at, active == "overview"},
		{"Cached recipients", at + "/verdicts", active == "verdicts"},
		{"Local recipients", at + "/recipients", active == "recipients"},
		{"Decisions", decisionsURL(d.Name), false},
		{"Doctor", at + "/doctor", active == "doctor"},
	}}
	switch {
	case d.AliasOf != "":
		p.Sub = "An alias of " + d.AliasOf + ": the same settings and destinations, asked under its own name."
	case d.Origin == "file":
		p.Sub = "From the configuration file."
	}
	return p
}

// pauseLengths are how long a pause may be told to last, "" until it is ended.
var pauseLengths = []string{"30m", "30 minutes", "1h", "1 hour", "4h", "4 hours", "24h", "a day", "168h", "a week", "", "until it is resumed"}

func (v *visit) pauseForm(d *operate.Domain) PauseForm {
	f := PauseForm{
		Pause:  domainURL(d.Name) + "/pause",
		Length: Field{Name: "length", Label: "For how long", Type: "select", Options: Choices("1h", pauseLengths...)},
	}
	if d.Paused != nil {
		f.All = d.Paused.Domain == ""
		if f.Resume = v.resuming(d.Name); f.All {
			f.Resume = v.resuming("")
		}
	}
	return f
}

func (v *visit) pauseDomain() error {
	if err := v.form(); err != nil {
		return err
	}
	name := v.r.PathValue("domain")
	p, err := v.pause(name)
	if err != nil {
		return err
	}
	if p.Until.IsZero() {
		return v.done(DonePaused, 0, domainURL(name))
	}
	return v.done(DonePausedUntil, int(p.Until.Unix()), domainURL(name))
}

func (v *visit) resumeDomain() error {
	if err := v.form(); err != nil {
		return err
	}
	name := v.r.PathValue("domain")
	ended, err := v.desk.Resume(v.ctx(), v.who, name)
	if err != nil {
		return err
	}
	done := DoneResumed
	switch d, err := v.desk.Domain(v.ctx(), v.who, name); {
	case ended.WasPaused && ended.Paused != nil:
		done = DoneStillPaused
	case ended.Paused != nil:
		done = DoneAllPausedOnly
	case !ended.WasPaused:
		done = DoneNotPaused
	case err == nil && !d.Enforce:
		done = DoneResumedLoose
	}
	return v.done(done, 0, v.back(domainURL(name)))
}
