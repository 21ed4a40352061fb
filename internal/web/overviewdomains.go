package web

import (
	"strings"

	"callout/internal/operate"
)

// DomainsOverview is what the page "mydomains" shows: to a domain user, how their domains stand.
type DomainsOverview struct {
	Domains []domainStrip
	More    int // domains that are not shown
	Alerts  []Notice
	AllOpen int
	Last    []operate.Decision
	None    Empty
}

// domainStrip is how a domain stands, by what matters most.
type domainStrip struct {
	Name string
	Strip
}

func (v *visit) overviewOfDomains(last []operate.Decision) error {
	page, err := v.desk.Domains(v.ctx(), v.who, operate.DomainQuery{Sort: operate.TroubleFirst, Limit: overviewDomains})
	if err != nil {
		return err
	}
	data := DomainsOverview{Last: last, More: page.Total - len(page.Domains), None: v.noDomains(ReadList(v.r, ListSpec{}))}
	data.Alerts, data.AllOpen = v.openAlerts()
	for _, d := range page.Domains {
		for _, s := range v.standingStrips(&d)[:min(1, len(d.Standing))] {
			if strings.HasPrefix(s.Link.URL, "#") { // of the domain's page
				s.Link.URL = domainURL(d.Name) + s.Link.URL
			}
			data.Domains = append(data.Domains, domainStrip{d.Name, s})
		}
	}
	return v.page("mydomains", &Page{Title: "Overview", Active: "overview", Data: data})
}
