package doctor

import (
	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
)

// Case is a destination to examine.
type Case struct {
	Domain      string // whose recipients are asked about, A-labels
	Destination callout.Destination
	Settings    callout.Settings  // as callouts to it have them
	ProbePrefix string            // of random local-parts
	Good        address.Recipient // of the domain, known to exist; zero for none

	// What the domain makes of a destination that accepts everything.
	Listed    bool // mode list: local recipients alone decide, so that the hosts may accept everything
	ListedToo bool // mode list+callout: local recipients are accepted, the rest is asked
	Unprobed  bool // catch_all_check = false: no random address stands for the others
	CatchAll  bool // every address of the domain is meant to be accepted; nothing in a configuration says so
}

// CaseOf returns the case of a domain as it is configured, without Good and CatchAll.
func CaseOf(d *domains.Domain) Case {
	return Case{
		Domain: d.Name, Destination: d.Destination, Settings: d.Settings.Callout, ProbePrefix: d.Settings.ProbePrefix,
		Listed: d.Mode == domains.ModeList, ListedToo: d.Mode == domains.ModeListCallout, Unprobed: !d.Settings.CatchAllCheck,
	}
}
